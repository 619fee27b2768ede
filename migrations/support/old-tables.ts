import type { QueryRunner } from "typeorm";
import { isSqlite, run } from "./schema.js";

/** The name under which a table stands while its rows are copied. */
export function oldName(table: string): string {
  return `telltale_old_${table}`;
}

/**
 * Sets tables aside under their old names, so that new ones can take their places. Views and tables of other programs that
 * name them name the new ones afterwards.
 *
 * @param tables those that refer to others first.
 */
export async function setAside(queryRunner: QueryRunner, tables: readonly string[]): Promise<void> {
  if (isSqlite(queryRunner)) {
    await withPlainRenames(queryRunner, async () => {
      for (const table of tables) await run(queryRunner, `ALTER TABLE ${table} RENAME TO ${oldName(table)}`);
    });
    return;
  }
  // A renamed table would keep the names of its sequence and its constraints, which the new one needs.
  for (const table of tables) {
    await run(
      queryRunner,
      `CREATE TEMPORARY TABLE ${oldName(table)} ON COMMIT DROP AS SELECT * FROM ${table}`,
      `DROP TABLE ${table}`,
    );
  }
}

/** Drops the tables that were set aside. */
export async function dropOld(queryRunner: QueryRunner, tables: readonly string[]): Promise<void> {
  await run(queryRunner, ...tables.map((table) => `DROP TABLE ${oldName(table)}`));
}

/** Otherwise SQLite would rename the table in the views and references of others as well. */
async function withPlainRenames(queryRunner: QueryRunner, work: () => Promise<void>): Promise<void> {
  const [before] = (await queryRunner.query("PRAGMA legacy_alter_table")) as {
    legacy_alter_table: number;
  }[];
  await run(queryRunner, "PRAGMA legacy_alter_table = ON");
  try {
    await work();
  } finally {
    await run(queryRunner, `PRAGMA legacy_alter_table = ${before?.legacy_alter_table ?? 0}`);
  }
}

/**
 * Gives the new tables the columns that somebody added to the old ones, with what they hold; under another name where
 * telltale has a column of that name. SQLite only: only its files come from elsewhere.
 */
export async function keepForeignColumns(
  queryRunner: QueryRunner,
  table: string,
  known: ReadonlySet<string>,
): Promise<void> {
  if (!isSqlite(queryRunner)) return;
  const own = new Set(await columnsOf(queryRunner, table));
  for (const column of await columnsOf(queryRunner, oldName(table))) {
    if (known.has(column.toLowerCase())) continue;
    const quoted = quote(column);
    const kept = quote(own.has(column.toLowerCase()) ? `aepsych_${column}` : column);
    await run(
      queryRunner,
      `ALTER TABLE "${table}" ADD COLUMN ${kept}`,
      `UPDATE "${table}" SET ${kept} = (SELECT old.${quoted} FROM ${oldName(table)} old WHERE old.unique_id = "${table}".unique_id)`,
    );
  }
}

async function columnsOf(queryRunner: QueryRunner, table: string): Promise<string[]> {
  const rows = (await queryRunner.query(`SELECT name FROM pragma_table_info('${table}')`)) as {
    name: string;
  }[];
  return rows.map(({ name }) => name);
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
