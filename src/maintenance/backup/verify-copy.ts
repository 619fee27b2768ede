import type { DataSource } from "typeorm";
import { tableNames } from "../../database/index.js";

/** The number of rows of each table. */
export type RowCounts = Readonly<Record<string, number>>;

/** Counts the rows of each table of sessions that a SQLite file has. */
export async function countRows(dataSource: DataSource): Promise<RowCounts> {
  const found = await dataSource.query<{ name: string }[]>(
    "select name from sqlite_master where type = 'table'",
  );
  const tables = tableNames.filter(
    (name) => name !== "migrations" && found.some((table) => table.name === name),
  );
  const counts = tables.map((table) => `(select count(*) from ${table}) as ${table}`);
  const [rows] = await dataSource.query<RowCounts[]>(`select ${counts.join(", ")}`);
  return rows ?? {};
}

/**
 * What is wrong with a copy of a SQLite file, by SQLite's integrity check and its rows; undefined if the copy is complete.
 *
 * @param rows the rows of the original when it was copied.
 */
export async function findFault(copy: DataSource, rows: RowCounts): Promise<string | undefined> {
  const [check] = await copy.query<{ integrity_check: string }[]>("pragma integrity_check(1)");
  if (check === undefined) return "it cannot be checked";
  // SQLite describes a fault on several lines.
  if (check.integrity_check !== "ok") return check.integrity_check.replaceAll(/\s+/g, " ").trim();
  return JSON.stringify(await countRows(copy)) === JSON.stringify(rows) ? undefined : "it has other rows";
}

/** Counts the rows whose parent row is missing. */
export async function countStrayRows(dataSource: DataSource): Promise<number> {
  const [stray] = await dataSource.query<{ n: number }[]>(
    "select count(*) as n from pragma_foreign_key_check",
  );
  return stray?.n ?? 0;
}
