import type { QueryRunner } from "typeorm";
import type { Migration } from "./migration.js";
import { addMissingColumn, columnTypes, hasColumns, run } from "./support/schema.js";

/** Generation 1: participants, extra metadata, and extra info with each message. Adds only what is missing. */
export class AddParticipantAndExtraInfo1672531200000 implements Migration {
  readonly touches = ["master", "replay_data"];

  async up(queryRunner: QueryRunner): Promise<void> {
    const { bytes } = columnTypes(queryRunner);
    await addMissingColumn(queryRunner, "replay_data", "extra_info", bytes);
    await addMissingColumn(queryRunner, "master", "participant_id", "VARCHAR(50)");
    await addMissingColumn(queryRunner, "master", "extra_metadata", "VARCHAR(4096)");
  }

  isApplied(queryRunner: QueryRunner): Promise<boolean> {
    return hasColumns(queryRunner, {
      replay_data: ["extra_info"],
      master: ["participant_id", "extra_metadata"],
    });
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await run(
      queryRunner,
      "ALTER TABLE master DROP COLUMN extra_metadata",
      "ALTER TABLE master DROP COLUMN participant_id",
      "ALTER TABLE replay_data DROP COLUMN extra_info",
    );
  }
}
