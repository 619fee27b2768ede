import type { QueryRunner } from "typeorm";
import { isSqlite } from "./schema.js";
import type { Stored } from "./stored.js";

/** How to read a column of an old table: as text, as bytes, as the type of each value, or as a plain number. */
export type ColumnKind = "text" | "bytes" | "either" | "plain";

/** A row of an old table; `unique_id` is always a number. */
export type OldRow<Column extends string> = { unique_id: number } & Record<Column, Stored>;

const rowsOfChunk = 2000;
const bytesOfChunk = 8 * 1024 * 1024;

/**
 * Reads an old table in the order of unique_id, in chunks that fit into memory: at most 2,000 rows, fewer if they are
 * large. The caller may write to other tables between two chunks.
 */
export async function* readInChunks<Column extends string>(
  queryRunner: QueryRunner,
  table: string,
  columns: Readonly<Record<Column, ColumnKind>>,
): AsyncGenerator<OldRow<Column>[]> {
  const kinds = Object.entries(columns) as [Column, ColumnKind][];
  const selected = kinds.map(([column, kind]) => `, ${readable(queryRunner, column, kind)} AS ${column}`);
  const large = kinds
    .filter(([, kind]) => kind === "bytes" || kind === "either")
    .map(([column]) => `coalesce(length(${column}), 0)`);
  const size = ["0", ...large].join(" + ");
  const [first, second] = [placeholder(queryRunner, 0), placeholder(queryRunner, 1)];
  let last: number | undefined;
  for (;;) {
    const sizes = (await queryRunner.query(
      `SELECT unique_id, ${size} AS size FROM ${table}${last === undefined ? "" : ` WHERE unique_id > ${first}`}
       ORDER BY unique_id LIMIT ${rowsOfChunk}`,
      last === undefined ? [] : [last],
    )) as { unique_id: number; size: number }[];
    const [from, to] = [sizes[0]?.unique_id, endOfChunk(sizes)];
    if (from === undefined || to === undefined) return;
    // As a double it would be another row's id, and the loop would not end.
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to))
      throw new Error(`it has a unique_id of ${to} in ${table}, which is too large for telltale`);
    last = to;
    yield (await queryRunner.query(
      `SELECT unique_id${selected.join("")} FROM ${table}
       WHERE unique_id >= ${first} AND unique_id <= ${second} ORDER BY unique_id`,
      [from, to],
    )) as OldRow<Column>[];
  }
}

/** The last row of a chunk; a row that is too large by itself is a chunk of its own. */
function endOfChunk(sizes: readonly { unique_id: number; size: number }[]): number | undefined {
  let total = 0;
  let end: number | undefined;
  for (const { unique_id: id, size } of sizes) {
    total += size;
    if (end !== undefined && total > bytesOfChunk) break;
    end = id;
  }
  return end;
}

/** Reads one row of an old table; undefined if there is none. */
export async function readRow<Column extends string>(
  queryRunner: QueryRunner,
  table: string,
  columns: Readonly<Record<Column, ColumnKind>>,
  id: number,
): Promise<OldRow<Column> | undefined> {
  const selected = (Object.entries(columns) as [Column, ColumnKind][]).map(
    ([column, kind]) => `, ${readable(queryRunner, column, kind)} AS ${column}`,
  );
  const rows = (await queryRunner.query(
    `SELECT unique_id${selected.join("")} FROM ${table} WHERE unique_id = ${placeholder(queryRunner, 0)}`,
    [id],
  )) as OldRow<Column>[];
  return rows[0];
}

/** The unique_id after the last one of a table. */
export async function nextId(queryRunner: QueryRunner, table: string): Promise<number> {
  const [row] = (await queryRunner.query(`SELECT coalesce(max(unique_id), 0) + 1 AS next FROM ${table}`)) as {
    next: number;
  }[];
  if (row === undefined) throw new Error(`${table} gave no id.`);
  return row.next;
}

/** The number of rows of a table. */
export async function countRows(queryRunner: QueryRunner, table: string): Promise<number> {
  const rows = (await queryRunner.query(`SELECT count(*) AS total FROM ${table}`)) as {
    total: number | string;
  }[];
  return Number(rows[0]?.total);
}

/** SQLite allows 32,766 parameters in a statement, PostgreSQL 65,535. */
const maximumParameters = 30_000;

/** Inserts rows, many per statement. */
export async function insertRows(
  queryRunner: QueryRunner,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly Stored[])[],
): Promise<void> {
  const most = Math.floor(maximumParameters / columns.length);
  for (let start = 0; start < rows.length; start += most) {
    const part = rows.slice(start, start + most);
    const names = columns.map((column) => `"${column}"`).join(", ");
    await queryRunner.query(
      `INSERT INTO "${table}" (${names}) VALUES ${tuples(queryRunner, part.length, columns.length)}`,
      part.flat(),
    );
  }
}

/** `(?,?),(?,?)`, or `($1,$2),($3,$4)`. */
function tuples(queryRunner: QueryRunner, rows: number, columns: number): string {
  const tuple = (row: number) =>
    `(${Array.from({ length: columns }, (_, column) => placeholder(queryRunner, row * columns + column)).join(",")})`;
  const first = tuple(0);
  // If all placeholders are the same, so are all rows.
  return tuple(1) === first
    ? Array<string>(rows).fill(first).join(",")
    : Array.from({ length: rows }, (_, row) => tuple(row)).join(",");
}

/** The placeholder of a statement's parameter, counted from 0. */
export function placeholder(queryRunner: QueryRunner, index: number): string {
  return queryRunner.connection.driver.createParameter("", index);
}

/** A column for a select without loss: a number in a text or bytes column as its digits. */
function readable(queryRunner: QueryRunner, column: string, kind: ColumnKind): string {
  if (!isSqlite(queryRunner) || kind === "plain" || kind === "either") return column;
  return kind === "text"
    ? `CASE typeof(${column}) WHEN 'integer' THEN CAST(${column} AS TEXT) ELSE ${column} END`
    : `CASE WHEN typeof(${column}) IN ('text', 'integer') THEN CAST(${column} AS BLOB) ELSE ${column} END`;
}
