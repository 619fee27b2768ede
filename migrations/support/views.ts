import type { QueryRunner } from "typeorm";
import { isSqlite, run } from "./schema.js";

/**
 * Whether a view of this name is the one that a select makes, and not a view or table of a user's own. SQLite compares the texts;
 * PostgreSQL keeps a text of its own, and compares that of a view made for it.
 */
export async function isView(queryRunner: QueryRunner, name: string, select: string): Promise<boolean> {
  if (isSqlite(queryRunner)) {
    const [view] = (await queryRunner.query(
      `SELECT sql FROM sqlite_master WHERE type = 'view' AND name = '${name}'`,
    )) as { sql: string }[];
    return view?.sql === `CREATE VIEW ${name} AS ${select}`;
  }
  const [found] = (await queryRunner.query(
    `SELECT pg_get_viewdef(oid) AS definition FROM pg_class WHERE oid = to_regclass('${name}') AND relkind = 'v'`,
  )) as { definition: string }[];
  if (found === undefined) return false;
  const likeness = `telltale_${name}`;
  await run(queryRunner, `CREATE VIEW ${likeness} AS ${select}`);
  const [made] = (await queryRunner.query(
    `SELECT pg_get_viewdef('${likeness}'::regclass) AS definition`,
  )) as { definition: string }[];
  await run(queryRunner, `DROP VIEW ${likeness}`);
  return made?.definition === found.definition;
}

/** Replaces a view by another that has its columns first; views of a user's own that read it go on. */
export async function replaceView(queryRunner: QueryRunner, name: string, select: string): Promise<void> {
  if (isSqlite(queryRunner)) await run(queryRunner, `DROP VIEW ${name}`, `CREATE VIEW ${name} AS ${select}`);
  else await run(queryRunner, `CREATE OR REPLACE VIEW ${name} AS ${select}`);
}
