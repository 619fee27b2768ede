import type { QueryRunner } from "typeorm";
import { chainMessages } from "./chain/chain-messages.js";
import type { Migration } from "./migration.js";
import { hasColumns, run } from "./support/schema.js";

/**
 * A digest with each message, which chains it to those before it in its session, and the newest one with the session. Computes those
 * of the stored messages, and notes in `late_digests` that they were computed later than on receipt.
 */
export class AddDigests1795564800000 implements Migration {
  readonly touches = ["master", "replay_data"];

  async up(queryRunner: QueryRunner): Promise<void> {
    await run(
      queryRunner,
      "ALTER TABLE replay_data ADD COLUMN digest text",
      "ALTER TABLE master ADD COLUMN digest text",
      "ALTER TABLE master ADD COLUMN late_digests integer",
    );
    await chainMessages(queryRunner);
  }

  isApplied(queryRunner: QueryRunner): Promise<boolean> {
    return hasColumns(queryRunner, { replay_data: ["digest"], master: ["digest", "late_digests"] });
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await run(
      queryRunner,
      "ALTER TABLE master DROP COLUMN late_digests",
      "ALTER TABLE master DROP COLUMN digest",
      "ALTER TABLE replay_data DROP COLUMN digest",
    );
  }
}
