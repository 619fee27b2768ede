import type { MigrationInterface, QueryRunner } from "typeorm";
import { addMissingColumn } from "./support/add-missing-column.js";
import { run } from "./support/statements.js";

/** Generation 3: extra data with each trial. Adds only what is missing. */
export class AddExtraData1735689600000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await addMissingColumn(queryRunner, "raw_data", "extra_data", "VARCHAR");
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await run(queryRunner, "ALTER TABLE raw_data DROP COLUMN extra_data");
  }
}
