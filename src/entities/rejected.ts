import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from "typeorm";
import { bytes } from "./bytes.js";
import { Master } from "./master.js";
import { Table } from "./table.js";

/** A frame that could not become a message of a session; kept so that no data is dropped. */
@Entity("rejected_data")
@Index("rejected_data_master_table_id", ["masterTableId"])
export class Rejected extends Table {
  @PrimaryGeneratedColumn({ name: "unique_id", type: "integer" })
  uniqueId!: number;

  /** When the frame was received: ISO 8601 in UTC. */
  @Column({ name: "timestamp", type: "text" })
  timestamp!: string;

  /** The protocol's error code. */
  @Column({ name: "code", type: "text" })
  code!: string;

  /** The sentence that the client received. */
  @Column({ name: "reason", type: "text" })
  reason!: string;

  /** The client's address and port. */
  @Column({ name: "peer", type: "text", nullable: true })
  peer!: string | null;

  /** The frame, or the first 1 MiB of a malformed frame; null for a frame over the size limit. */
  @Column({ name: "contents", type: bytes, nullable: true })
  contents!: Buffer | null;

  /** The frame's length in bytes; null if it is unknown. */
  @Column({ name: "length", type: "integer", nullable: true })
  length!: number | null;

  /** The connection's session, if it had one. */
  @Column({ name: "master_table_id", type: "integer", nullable: true })
  masterTableId!: number | null;

  @ManyToOne(() => Master)
  @JoinColumn({ name: "master_table_id", foreignKeyConstraintName: "rejected_data_master" })
  master?: Master | null;
}
