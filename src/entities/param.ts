import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from "typeorm";
import { Raw } from "./raw.js";
import { Table } from "./table.js";

/** A parameter of a trial, or of one of its stimuli. */
@Entity("param_data")
@Index("param_data_iteration_id", ["iterationId"])
export class Param extends Table {
  @PrimaryGeneratedColumn({ name: "unique_id", type: "integer" })
  uniqueId!: number;

  @Column({ name: "param_name", type: "text", nullable: true })
  paramName!: string | null;

  /** The value as text: a number as its shortest decimal, a boolean as true or false. */
  @Column({ name: "param_value", type: "text", nullable: true })
  paramValue!: string | null;

  /** The double nearest to the number that the value spells; null if it spells none. */
  @Column({ name: "param_number", type: "double precision", nullable: true })
  paramNumber!: number | null;

  @Column({ name: "iteration_id", type: "integer" })
  iterationId!: number;

  @ManyToOne(() => Raw)
  @JoinColumn({ name: "iteration_id", foreignKeyConstraintName: "param_data_raw" })
  raw?: Raw;
}
