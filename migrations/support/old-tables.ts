import type { QueryRunner } from "typeorm";
import { isSqlite, run } from "./schema.js";

/** The name of a table while its rows are copied. */
export function oldName(table: string): string {
  return `telltale_old_${table}`;
}

/**
 * Renames tables to old names, so that new tables can replace them. Views and foreign keys of other programs then refer to the new
 * tables.
 *
 * @param tables with a table that refers to another before it.
 */
export async function setAside(queryRunner: QueryRunner, tables: readonly string[]): Promise<void> {
  if (isSqlite(queryRunner)) {
    await withPlainRenames(queryRunner, async () => {
      for (const table of tables) await run(queryRunner, `ALTER TABLE ${table} RENAME TO ${oldName(table)}`);
    });
    return;
  }
  // A renamed table would keep the names of its sequence and constraints, which the new table needs.
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

/** Without this SQLite also renames the table in the views and foreign keys of others. */
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
 * Copies columns that another program added to an old table, with their values, to the new one; under another name if telltale has
 * a column of that name. Only for SQLite: only its files come from elsewhere.
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
