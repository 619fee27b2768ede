import type { DataSource } from "typeorm";
import { BecomeTelltale1764547200000 } from "../../../migrations/1764547200000-BecomeTelltale.js";
import { migrations } from "../../../migrations/index.js";
import { DatabaseError } from "../database-error.js";

/**
 * Checks that this telltale may read and write a database, once its pending migrations have run; changes nothing.
 *
 * @param tables the names of its tables.
 * @param name the database as users call it.
 * @throws DatabaseError `newer_database`, `aepsych_database` or `foreign_database`.
 */
export async function checkSchema(
  dataSource: DataSource,
  tables: readonly string[],
  name: string,
): Promise<void> {
  if (tables.length === 0) return;
  if (!tables.includes("migrations")) {
    if (tables.includes("master") && tables.includes("replay_data")) {
      throw new DatabaseError(
        "aepsych_database",
        `${name} was written by AEPsych; upgrade it first: telltale migrate ${quoteForShell(name)}.`,
      );
    }
    throw foreign(name);
  }
  const applied = await dataSource.query<{ name: string }[]>("select name from migrations");
  const unknown = applied.filter((migration) => !migrations.some(({ name }) => name === migration.name));
  if (unknown.length === 0) {
    const isRecoded = applied.some((migration) => migration.name === BecomeTelltale1764547200000.name);
    if (!(await isUpgradeUnfinished(dataSource, tables, isRecoded))) return;
    throw new DatabaseError(
      "aepsych_database",
      `The upgrade of ${name} was not finished; finish it first: telltale migrate ${quoteForShell(name)}.`,
    );
  }
  if (!tables.includes("replay_data")) throw foreign(name);
  throw new DatabaseError(
    "newer_database",
    `${name} was written by a newer telltale (it has ${unknown.map((migration) => migration.name).join(", ")}); ` +
      "install that version, or choose another database.",
  );
}

/**
 * Whether AEPsych's rows are not yet all recoded, or not all of their trials derived.
 *
 * @param isRecoded whether the migration that recodes them was applied.
 */
async function isUpgradeUnfinished(
  dataSource: DataSource,
  tables: readonly string[],
  isRecoded: boolean,
): Promise<boolean> {
  if (!tables.includes("master")) return false;
  const exists = async (sql: string) => (await dataSource.query<unknown[]>(sql)).length > 0;
  if (isRecoded) return exists("select 1 from master where rebuild_due limit 1");
  return exists("select 1 from master union all select 1 from replay_data limit 1");
}

function quoteForShell(path: string): string {
  return /^[\w./:\\-]+$/.test(path) ? path : `"${path}"`;
}

/** @throws DatabaseError `not_a_database` when there are no tables. */
export function needTables(tables: readonly string[], name: string): readonly string[] {
  if (tables.length > 0) return tables;
  throw new DatabaseError("not_a_database", `${name} is empty: nothing was ever recorded in it.`);
}

function foreign(name: string): DatabaseError {
  return new DatabaseError(
    "foreign_database",
    `${name} is a database of another program; choose another file.`,
  );
}
