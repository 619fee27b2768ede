import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from "typeorm";
import { Master } from "./master.js";
import { Table } from "./table.js";

/** The config of a session's setup. */
@Entity("config_data")
@Index("config_data_master_table_id", ["masterTableId"])
export class Config extends Table {
  @PrimaryGeneratedColumn({ name: "unique_id", type: "integer" })
  uniqueId!: number;

  /** ISO 8601 in UTC. */
  @Column({ name: "timestamp", type: "text", nullable: true })
  timestamp!: string | null;

  /** The config's sections as JSON, interpolated. */
  @Column({ name: "config", type: "text", nullable: true })
  config!: string | null;

  @Column({ name: "master_table_id", type: "integer" })
  masterTableId!: number;

  @ManyToOne(() => Master)
  @JoinColumn({ name: "master_table_id", foreignKeyConstraintName: "config_data_master" })
  master?: Master;
}
