import type { QueryRunner } from "typeorm";
import { isSqlite } from "./schema.js";
import type { Stored } from "./stored.js";

/** How a column of an old table is read: as text, as bytes, as whichever of these it holds, or as a plain number. */
export type ColumnKind = "text" | "bytes" | "either" | "plain";

/** A row of an old table; `unique_id` is always a number. */
export type OldRow<Column extends string> = { unique_id: number } & Record<Column, Stored>;

const rowsOfChunk = 2000;
const bytesOfChunk = 8 * 1024 * 1024;

/**
 * The rows of an old table in the order of unique_id, in chunks that fit into memory: at most 2,000 rows, fewer where they are
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
    // Read as a double it is another row's id, and the rows would never come to an end.
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to))
      throw new Error(`it has a unique_id of ${to} in ${table}, which is larger than telltale can keep`);
    last = to;
    yield (await queryRunner.query(
      `SELECT unique_id${selected.join("")} FROM ${table}
       WHERE unique_id >= ${first} AND unique_id <= ${second} ORDER BY unique_id`,
      [from, to],
    )) as OldRow<Column>[];
  }
}

/** The row with which a chunk is large enough; a row that is too large by itself is a chunk of its own. */
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

/** One row of an old table, or undefined. */
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

/** How many rows a table has. */
export async function countRows(queryRunner: QueryRunner, table: string): Promise<number> {
  const rows = (await queryRunner.query(`SELECT count(*) AS total FROM ${table}`)) as {
    total: number | string;
  }[];
  return Number(rows[0]?.total);
}

/** SQLite takes 32,766 parameters a statement, PostgreSQL 65,535. */
const maximumParameters = 30_000;

/** Inserts rows, many with one statement. */
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
  // Where every placeholder is the same, so is every row.
  return tuple(1) === first
    ? Array<string>(rows).fill(first).join(",")
    : Array.from({ length: rows }, (_, row) => tuple(row)).join(",");
}

export function placeholder(queryRunner: QueryRunner, index: number): string {
  return queryRunner.connection.driver.createParameter("", index);
}

/** A column so that nothing is lost on the way: numbers that a text or bytes column holds as their digits. */
function readable(queryRunner: QueryRunner, column: string, kind: ColumnKind): string {
  if (!isSqlite(queryRunner) || kind === "plain" || kind === "either") return column;
  return kind === "text"
    ? `CASE typeof(${column}) WHEN 'integer' THEN CAST(${column} AS TEXT) ELSE ${column} END`
    : `CASE WHEN typeof(${column}) IN ('text', 'integer') THEN CAST(${column} AS BLOB) ELSE ${column} END`;
}
