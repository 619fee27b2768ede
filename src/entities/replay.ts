import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from "typeorm";
import { readFrame } from "../protocol/index.js";
import { bytes } from "./bytes.js";
import { Master } from "./master.js";
import { Table } from "./table.js";

/** A message: one request of a client, unchanged. */
@Entity("replay_data")
@Index("replay_data_seq", ["masterTableId", "seq"], { unique: true })
@Index("replay_data_message_id", ["masterTableId", "messageId"], { unique: true })
export class Replay extends Table {
  @PrimaryGeneratedColumn({ name: "unique_id", type: "integer" })
  uniqueId!: number;

  /** When the message was received: ISO 8601 in UTC. */
  @Column({ name: "timestamp", type: "text", nullable: true })
  timestamp!: string | null;

  @Column({ name: "message_type", type: "text", nullable: true })
  messageType!: string | null;

  /** The frame as it was received; its first byte distinguishes JSON from MessagePack. */
  @Column({ name: "message_contents", type: bytes, nullable: true })
  messageContents!: Buffer | null;

  /** The extra_info of the message as JSON. */
  @Column({ name: "extra_info", type: "text", nullable: true })
  extraInfo!: string | null;

  @Column({ name: "master_table_id", type: "integer" })
  masterTableId!: number;

  @ManyToOne(() => Master)
  @JoinColumn({ name: "master_table_id", foreignKeyConstraintName: "replay_data_master" })
  master?: Master;

  /** The message's place in its session: 1, 2, 3 … without gaps. */
  @Column({ name: "seq", type: "integer" })
  seq!: number;

  /** The message's id, chosen by the client or else by the daemon. */
  @Column({ name: "message_id", type: "text" })
  messageId!: string;

  /** When the message was sent, on the client's clock: milliseconds since 1970. */
  @Column({ name: "sent_at", type: "double precision", nullable: true })
  sentAt!: number | null;

  /** Why no trials could be derived from the message; null if nothing went wrong. */
  @Column({ name: "derivation_error", type: "text", nullable: true })
  derivationError!: string | null;

  /** Chains the message to those before it in its session: SHA-256 as 64 hexadecimal digits, see docs/PROTOCOL.md. */
  @Column({ name: "digest", type: "text", nullable: true })
  digest!: string | null;

  /** When the message occurred at the client, on the daemon's clock: ISO 8601 in UTC; null if the client did not say. */
  @Column({ name: "occurred_at", type: "text", nullable: true })
  occurredAt!: string | null;

  /** What is added to the client's clock to get the daemon's, in milliseconds; null if the client did not say. */
  @Column({ name: "clock_offset_ms", type: "double precision", nullable: true })
  clockOffsetMs!: number | null;

  /** By how much the offset may be wrong, in milliseconds; null if the client did not say. */
  @Column({ name: "clock_uncertainty_ms", type: "double precision", nullable: true })
  clockUncertaintyMs!: number | null;

  /**
   * The message as the client sent it, a Value, decoded from {@link messageContents}; null for a message without contents, bytes
   * where a pickle of AEPsych could not be read.
   */
  // Not typed as a Value: TypeORM's types of conditions do not end for a property of a type that contains itself.
  get request(): unknown {
    return readFrame(this.messageContents);
  }
}
