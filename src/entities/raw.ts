import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from "typeorm";
import { Master } from "./master.js";
import { Replay } from "./replay.js";
import { Table } from "./table.js";

/** A trial: one iteration of the experiment. */
@Entity("raw_data")
@Index("raw_data_order", ["masterTableId", "replayTableId"])
@Index("raw_data_replay_table_id", ["replayTableId"])
export class Raw extends Table {
  @PrimaryGeneratedColumn({ name: "unique_id", type: "integer" })
  uniqueId!: number;

  /** When the trial's tell was received: ISO 8601 in UTC. */
  @Column({ name: "timestamp", type: "text", nullable: true })
  timestamp!: string | null;

  /** Whether the trial was meant for the model. */
  @Column({ name: "model_data", type: "boolean", nullable: true })
  modelData!: boolean | null;

  /** Other data of the tell, as JSON. */
  @Column({ name: "extra_data", type: "text", nullable: true })
  extraData!: string | null;

  @Column({ name: "master_table_id", type: "integer" })
  masterTableId!: number;

  @ManyToOne(() => Master)
  @JoinColumn({ name: "master_table_id", foreignKeyConstraintName: "raw_data_master" })
  master?: Master;

  /** The tell that the trial was derived from; null if AEPsych wrote the trial itself. */
  @Column({ name: "replay_table_id", type: "integer", nullable: true })
  replayTableId!: number | null;

  @ManyToOne(() => Replay)
  @JoinColumn({ name: "replay_table_id", foreignKeyConstraintName: "raw_data_replay" })
  replay?: Replay | null;
}
