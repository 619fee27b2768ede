import type { MigrationInterface, QueryRunner } from "typeorm";
import { columnTypes } from "./support/engine.js";
import { run } from "./support/statements.js";

/** Generation 0: sessions, their messages, strats and configs, as the first AEPsych kept them. */
export class CreateMessageTables1640995200000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const { identity, bytes, datetime } = columnTypes(queryRunner);
    await run(
      queryRunner,
      `CREATE TABLE master (
        unique_id ${identity},
        experiment_name VARCHAR(256),
        experiment_description VARCHAR(2048),
        experiment_id VARCHAR(10) UNIQUE
      )`,
      `CREATE TABLE replay_data (
        unique_id ${identity},
        timestamp ${datetime},
        message_type VARCHAR(64),
        message_contents ${bytes},
        master_table_id INTEGER REFERENCES master (unique_id)
      )`,
      `CREATE TABLE strat_data (
        unique_id ${identity},
        timestamp ${datetime},
        strat ${bytes},
        master_table_id INTEGER REFERENCES master (unique_id)
      )`,
      `CREATE TABLE config_data (
        unique_id ${identity},
        timestamp ${datetime},
        config ${bytes},
        master_table_id INTEGER REFERENCES master (unique_id)
      )`,
    );
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
