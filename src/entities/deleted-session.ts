import { Column, Entity, Index, PrimaryGeneratedColumn } from "typeorm";
import { Table } from "./table.js";

/** The record of a deleted session; it repeats nothing of what the session held. */
@Entity("deleted_session")
@Index("deleted_session_session_id", ["sessionId"], { unique: true })
export class DeletedSession extends Table {
  @PrimaryGeneratedColumn({ name: "unique_id", type: "integer" })
  uniqueId!: number;

  /** The session's UUID, in lower case. */
  @Column({ name: "session_id", type: "text" })
  sessionId!: string;

  /** When the session was deleted: ISO 8601 in UTC. */
  @Column({ name: "timestamp", type: "text" })
  timestamp!: string;

  /** The user and machine that deleted it. */
  @Column({ name: "deleted_by", type: "text" })
  deletedBy!: string;

  /** How many rows were deleted, of all tables. */
  @Column({ name: "row_count", type: "integer" })
  rowCount!: number;
}
