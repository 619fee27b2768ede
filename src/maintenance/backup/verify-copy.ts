import type { DataSource } from "typeorm";
import { tableNames } from "../../database/index.js";

/** The rows of each table of sessions that a SQLite file has. */
export async function countRows(dataSource: DataSource): Promise<Record<string, number>> {
  const found = await dataSource.query<{ name: string }[]>(
    "select name from sqlite_master where type = 'table'",
  );
  const tables = tableNames.filter(
    (name) => name !== "migrations" && found.some((table) => table.name === name),
  );
  const counts = tables.map((table) => `(select count(*) from ${table}) as ${table}`);
  const [rows] = await dataSource.query<Record<string, number>[]>(`select ${counts.join(", ")}`);
  return rows ?? {};
}
