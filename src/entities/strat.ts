import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from "typeorm";
import { bytes } from "./bytes.js";
import { Master } from "./master.js";
import { Replay } from "./replay.js";
import { Table } from "./table.js";

/** A snapshot of the client's strategy. */
@Entity("strat_data")
@Index("strat_data_master_table_id", ["masterTableId"])
@Index("strat_data_replay_table_id", ["replayTableId"])
export class Strat extends Table {
  @PrimaryGeneratedColumn({ name: "unique_id", type: "integer" })
  uniqueId!: number;

  /** ISO 8601 in UTC. */
  @Column({ name: "timestamp", type: "text", nullable: true })
  timestamp!: string | null;

  /** The snapshot, for a session that AEPsych recorded; otherwise null, and the snapshot is in the message. */
  @Column({ name: "strat", type: bytes, nullable: true })
  strat!: Buffer | null;

  /**
   * How `strat` is coded: `bytes` for the contents of a BytesIO, `json` or `messagepack` for a value as a frame, `pickle` for a pickle
   * that cannot be read; null if `strat` is null.
   */
  @Column({ name: "coding", type: "text", nullable: true })
  coding!: string | null;

  @Column({ name: "master_table_id", type: "integer" })
  masterTableId!: number;

  @ManyToOne(() => Master)
  @JoinColumn({ name: "master_table_id", foreignKeyConstraintName: "strat_data_master" })
  master?: Master;

  @Column({ name: "replay_table_id", type: "integer", nullable: true })
  replayTableId!: number | null;

  @ManyToOne(() => Replay)
  @JoinColumn({ name: "replay_table_id", foreignKeyConstraintName: "strat_data_replay" })
  replay?: Replay | null;
}
