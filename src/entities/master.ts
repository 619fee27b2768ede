import { Column, Entity, Index, PrimaryGeneratedColumn } from "typeorm";
import { Table } from "./table.js";

/** A session: one run of one experiment by one participant. */
@Entity("master")
@Index("master_session_id", ["sessionId"], { unique: true })
export class Master extends Table {
  @PrimaryGeneratedColumn({ name: "unique_id", type: "integer" })
  uniqueId!: number;

  @Column({ name: "experiment_name", type: "text", nullable: true })
  experimentName!: string | null;

  @Column({ name: "experiment_description", type: "text", nullable: true })
  experimentDescription!: string | null;

  @Column({ name: "experiment_id", type: "text", nullable: true })
  experimentId!: string | null;

  @Column({ name: "participant_id", type: "text", nullable: true })
  participantId!: string | null;

  /** Other metadata of the session, as JSON. */
  @Column({ name: "extra_metadata", type: "text", nullable: true })
  extraMetadata!: string | null;

  /** The session's UUID, in lower case. */
  @Column({ name: "session_id", type: "text" })
  sessionId!: string;

  /** The seq of the session's last message. */
  @Column({ name: "last_seq", type: "integer" })
  lastSeq!: number;

  /** Where an imported session came from; null for a session recorded here. */
  @Column({ name: "source", type: "text", nullable: true })
  source!: string | null;

  /**
   * Whether the session's trials are not yet derived from its messages, or are incomplete. Set by the migration of AEPsych's sessions,
   * cleared by the rebuild; null for a session recorded here.
   */
  @Column({ name: "rebuild_due", type: "boolean", nullable: true })
  rebuildDue!: boolean | null;

  /** The digest of the session's last message; null if it has no messages. */
  @Column({ name: "digest", type: "text", nullable: true })
  digest!: string | null;

  /**
   * The seq of the last message whose digest was computed later than on receipt, by a migration or an import: a change before that is not
   * shown. Null if there is none.
   */
  @Column({ name: "late_digests", type: "integer", nullable: true })
  lateDigests!: number | null;
}
