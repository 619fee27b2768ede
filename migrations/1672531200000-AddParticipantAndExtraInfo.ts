import type { MigrationInterface, QueryRunner } from "typeorm";
import { columnTypes } from "./support/engine.js";
import { addMissingColumn } from "./support/add-missing-column.js";
import { run } from "./support/statements.js";

/** Generation 1: participants, extra metadata, and extra info with each message. Adds only what is missing. */
export class AddParticipantAndExtraInfo1672531200000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const { bytes } = columnTypes(queryRunner);
    await addMissingColumn(queryRunner, "replay_data", "extra_info", bytes);
    await addMissingColumn(queryRunner, "master", "participant_id", "VARCHAR(50)");
    await addMissingColumn(queryRunner, "master", "extra_metadata", "VARCHAR(4096)");
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
