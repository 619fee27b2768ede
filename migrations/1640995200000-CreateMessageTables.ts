import type { QueryRunner } from "typeorm";
import type { Migration } from "./migration.js";
import { columnTypes, hasColumns, run } from "./support/schema.js";

/** Generation 0: sessions, their messages, strats and configs, as the first AEPsych wrote them. Adds only what is missing. */
export class CreateMessageTables1640995200000 implements Migration {
  readonly touches = ["master", "replay_data", "strat_data", "config_data"];

  async up(queryRunner: QueryRunner): Promise<void> {
    const { identity, bytes, datetime } = columnTypes(queryRunner);
    await run(
      queryRunner,
      `CREATE TABLE IF NOT EXISTS master (
        unique_id ${identity},
        experiment_name VARCHAR(256),
        experiment_description VARCHAR(2048),
        experiment_id VARCHAR(10) UNIQUE
      )`,
      `CREATE TABLE IF NOT EXISTS replay_data (
        unique_id ${identity},
        timestamp ${datetime},
        message_type VARCHAR(64),
        message_contents ${bytes},
        master_table_id INTEGER REFERENCES master (unique_id)
      )`,
      `CREATE TABLE IF NOT EXISTS strat_data (
        unique_id ${identity},
        timestamp ${datetime},
        strat ${bytes},
        master_table_id INTEGER REFERENCES master (unique_id)
      )`,
      `CREATE TABLE IF NOT EXISTS config_data (
        unique_id ${identity},
        timestamp ${datetime},
        config ${bytes},
        master_table_id INTEGER REFERENCES master (unique_id)
      )`,
    );
  }

  isApplied(queryRunner: QueryRunner): Promise<boolean> {
    return hasColumns(queryRunner, { master: [], replay_data: [], strat_data: [], config_data: [] });
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await run(
      queryRunner,
      "DROP TABLE config_data",
      "DROP TABLE strat_data",
      "DROP TABLE replay_data",
      "DROP TABLE master",
    );
  }
}
