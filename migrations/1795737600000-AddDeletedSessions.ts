import type { QueryRunner } from "typeorm";
import type { Migration } from "./migration.js";
import { columnTypes, hasColumns, run } from "./support/schema.js";

/** A record of each deleted session, so that neither a late message nor an import brings it back. */
export class AddDeletedSessions1795737600000 implements Migration {
  readonly touches = ["deleted_session"];

  async up(queryRunner: QueryRunner): Promise<void> {
    const { identity } = columnTypes(queryRunner);
    await run(
      queryRunner,
      `CREATE TABLE "deleted_session" (
      "unique_id" ${identity},
      "session_id" text NOT NULL,
      "timestamp" text NOT NULL,
      "deleted_by" text NOT NULL,
      "row_count" integer NOT NULL
    )`,
      "CREATE UNIQUE INDEX deleted_session_session_id ON deleted_session (session_id)",
    );
  }

  isApplied(queryRunner: QueryRunner): Promise<boolean> {
    return hasColumns(queryRunner, {
      deleted_session: ["session_id", "timestamp", "deleted_by", "row_count"],
    });
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await run(queryRunner, "DROP TABLE deleted_session");
  }
}
