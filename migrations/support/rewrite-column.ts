import type { QueryRunner } from "typeorm";
import { placeholder } from "./rows.js";
import type { Stored } from "./stored.js";

/** At most so many rows are in memory, fewer where their texts are long; at least one. */
const rowsOfPage = 2000;
const charactersOfPage = 4 * 1024 * 1024;

/** A column to fill from a column of text in the same rows. */
export interface Rewriting {
  readonly table: string;
  readonly from: string;
  readonly to: string;
  /** The SQL type of `to`. */
  readonly type: string;
  /** A condition that leaves out most rows that stay as they are. */
  readonly where: string;
}

interface Page {
  readonly unique_id: number;
  readonly text: string;
}

/**
 * Fills a column row by row, page by page.
 *
 * @param rewrite the new value of `to` for a text in `from`; undefined to leave the row unchanged.
 */
export async function rewriteColumn(
  queryRunner: QueryRunner,
  { table, from, to, type, where }: Rewriting,
  rewrite: (text: string) => Stored | undefined,
): Promise<void> {
  let done = 0;
  for (let last = 0; ;) {
    const rest = `FROM ${table} WHERE unique_id > ${last} AND ${where} ORDER BY unique_id`;
    const sizes = (await queryRunner.query(
      `SELECT unique_id, length(${from}) AS size ${rest} LIMIT ${rowsOfPage}`,
    )) as readonly Size[];
    const count = countOfPage(sizes);
    if (count === 0) return;
    const page = (await queryRunner.query(
      `SELECT unique_id, ${from} AS text ${rest} LIMIT ${count}`,
    )) as readonly Page[];
    const changed = page.flatMap(({ unique_id: id, text }): [number, Stored][] => {
      const value = rewrite(text);
      return value === undefined ? [] : [[id, value]];
    });
    await writeColumn(queryRunner, { table, to, type }, changed);
    last = page.at(-1)?.unique_id ?? last;
    done += changed.length;
    if (changed.length > 0) queryRunner.connection.logger.logMigration(`${table}.${to}: ${done} rows`);
  }
}

interface Size {
  readonly size: number;
}

/** How many rows fit into a page. */
function countOfPage(sizes: readonly Size[]): number {
  let total = 0;
  for (const [index, { size }] of sizes.entries()) {
    total += size;
    if (index > 0 && total > charactersOfPage) return index;
  }
  return sizes.length;
}

/** Writes values of a column, each with the unique_id of its row. */
export async function writeColumn(
  queryRunner: QueryRunner,
  { table, to, type }: Pick<Rewriting, "table" | "to" | "type">,
  values: readonly [number, Stored][],
): Promise<void> {
  if (values.length === 0) return;
  // Bound, not spelled: SQLite does not read every decimal as the nearest double.
  const rows = values.map(([id], index) => `(${id}, CAST(${placeholder(queryRunner, index)} AS ${type}))`);
  await queryRunner.query(
    `WITH new_values (id, value) AS (VALUES ${rows.join(", ")})
     UPDATE ${table} SET ${to} = new_values.value FROM new_values WHERE unique_id = new_values.id`,
    values.map(([, value]) => value),
  );
}
