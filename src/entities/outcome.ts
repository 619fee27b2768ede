import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from "typeorm";
import { Raw } from "./raw.js";
import { Table } from "./table.js";

/** An outcome of a trial. */
@Entity("outcome_data")
@Index("outcome_data_iteration_id", ["iterationId"])
export class Outcome extends Table {
  @PrimaryGeneratedColumn({ name: "unique_id", type: "integer" })
  uniqueId!: number;

  @Column({ name: "outcome_name", type: "text", nullable: true })
  outcomeName!: string | null;

  /** The outcome if it is a number; null for text and if there was no response. */
  @Column({ name: "outcome_value", type: "double precision", nullable: true })
  outcomeValue!: number | null;

  /** The outcome if it is text. */
  @Column({ name: "outcome_text", type: "text", nullable: true })
  outcomeText!: string | null;

  @Column({ name: "iteration_id", type: "integer" })
  iterationId!: number;

  @ManyToOne(() => Raw)
  @JoinColumn({ name: "iteration_id", foreignKeyConstraintName: "outcome_data_raw" })
  raw?: Raw;
}
