import type { QueryRunner } from "typeorm";
import type { Migration } from "./migration.js";
import { addMissingColumn, hasColumns, run } from "./support/schema.js";

/** Generation 3: extra data with each trial. Adds only what is missing. */
export class AddExtraData1735689600000 implements Migration {
  readonly touches = ["raw_data"];

  async up(queryRunner: QueryRunner): Promise<void> {
    await addMissingColumn(queryRunner, "raw_data", "extra_data", "VARCHAR");
  }

  isApplied(queryRunner: QueryRunner): Promise<boolean> {
    return hasColumns(queryRunner, { raw_data: ["extra_data"] });
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await run(queryRunner, "ALTER TABLE raw_data DROP COLUMN extra_data");
  }
}
