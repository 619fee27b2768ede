import type { QueryRunner } from "typeorm";
import type { Migration } from "./migration.js";
import { columnTypes, hasColumns, run } from "./support/schema.js";

/** Generation 2: trials, their parameters and outcomes. Adds only what is missing. */
export class CreateTrialTables1704067200000 implements Migration {
  readonly touches = ["raw_data", "param_data", "outcome_data"];

  async up(queryRunner: QueryRunner): Promise<void> {
    const { identity, datetime } = columnTypes(queryRunner);
    await run(
      queryRunner,
      `CREATE TABLE IF NOT EXISTS raw_data (
        unique_id ${identity},
        timestamp ${datetime},
        model_data BOOLEAN,
        master_table_id INTEGER REFERENCES master (unique_id)
      )`,
      `CREATE TABLE IF NOT EXISTS param_data (
        unique_id ${identity},
        param_name VARCHAR(50),
        param_value VARCHAR(50),
        iteration_id INTEGER REFERENCES raw_data (unique_id)
      )`,
      `CREATE TABLE IF NOT EXISTS outcome_data (
        unique_id ${identity},
        outcome_name VARCHAR(50),
        outcome_value FLOAT,
        iteration_id INTEGER REFERENCES raw_data (unique_id)
      )`,
    );
  }

  isApplied(queryRunner: QueryRunner): Promise<boolean> {
    return hasColumns(queryRunner, { raw_data: [], param_data: [], outcome_data: [] });
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await run(queryRunner, "DROP TABLE outcome_data", "DROP TABLE param_data", "DROP TABLE raw_data");
  }
}
