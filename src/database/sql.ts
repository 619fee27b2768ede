import type { EntityManager } from "typeorm";
import { toStorableJson } from "../protocol/index.js";
import { DatabaseError } from "./database-error.js";

/** Less than the limits of SQLite (32,766) and PostgreSQL (65,535) for one statement. */
const maximumParameters = 30_000;

/** The largest number that an integer column (unique_id, seq) holds on every engine. */
export const maximumInteger = 2 ** 31 - 1;

/** How many ids are listed in one statement. */
const maximumIds = 5000;

/** A value that every engine's driver binds unchanged. No bigint: sqlite3 would store NULL. */
export type Cell = string | number | boolean | Uint8Array | null;

/**
 * Inserts rows, many per statement, and returns their unique_ids in the order of the rows.
 *
 * @param cells the cells of all rows, row after row.
 * @throws DatabaseError `altered_rows` if the database did not store each of them.
 */
export async function insertRows(
  manager: EntityManager,
  table: string,
  columns: readonly string[],
  cells: Cell[],
): Promise<number[]> {
  const rows = await insertReturning<InsertedRow>(manager, table, columns, cells, "unique_id");
  return rows.map(({ unique_id }) => unique_id);
}

interface InsertedRow {
  readonly unique_id: number;
}

/**
 * Inserts rows as {@link insertRows} does, and returns them as the database stored them, in their order: both engines number the rows
 * of a statement in order, whatever the order in which they return them.
 *
 * @param returning the selected columns, `unique_id` among them.
 * @throws DatabaseError `altered_rows`.
 */
export async function insertReturning<Row extends InsertedRow>(
  manager: EntityManager,
  table: string,
  columns: readonly string[],
  cells: Cell[],
  returning: string,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [sql, part] of insertStatements(manager, table, columns, cells)) {
    const inserted = await query<Row>(manager, `insert ${sql} returning ${returning}`, part);
    if (inserted.length !== part.length / columns.length) throw alteredRows(table);
    for (const row of inserted) rows.push(row);
  }
  return rows.sort((a, b) => a.unique_id - b.unique_id);
}

/**
 * Inserts rows without returning their unique_ids, which would take half as long again.
 *
 * @throws DatabaseError `altered_rows`.
 */
export async function insertRowsWithoutIds(
  manager: EntityManager,
  table: string,
  columns: readonly string[],
  cells: Cell[],
): Promise<void> {
  for (const [sql, part] of insertStatements(manager, table, columns, cells)) {
    // In upper case, or TypeORM's sqlite driver does not count the rows.
    const result = await manager.queryRunner?.query(`INSERT ${sql}`, part, true);
    if (result?.affected !== part.length / columns.length) throw alteredRows(table);
  }
}

/** The error when a row is not in the table as it was written: only a trigger or a rule does that. */
export function alteredRows(table: string): DatabaseError {
  return new DatabaseError(
    "altered_rows",
    `A trigger or rule of the database changed or dropped a row of ${table} while it was written; remove the trigger or rule.`,
  );
}

function* insertStatements(
  manager: EntityManager,
  table: string,
  columns: readonly string[],
  cells: Cell[],
): Generator<[sql: string, cells: Cell[]]> {
  const most = Math.floor(maximumParameters / columns.length) * columns.length;
  for (let start = 0; start < cells.length; start += most) {
    const part = cells.length <= most ? cells : cells.slice(start, start + most);
    const values = placeholders(manager, part.length / columns.length, columns.length);
    yield [`into ${table} (${columns.join(", ")}) values ${values}`, part];
  }
}

/** Runs a statement; write it in lower case, or TypeORM's sqlite driver drops the rows that it returns. */
export async function query<Row>(
  manager: EntityManager,
  sql: string,
  parameters: Cell[] = [],
): Promise<Row[]> {
  const result = await manager.query<Row[] | [Row[], number]>(sql, parameters);
  // TypeORM's postgres driver answers an update with its rows and their count.
  return Array.isArray(result[0]) && typeof result[1] === "number" ? result[0] : (result as Row[]);
}

/** The engine's placeholder for a parameter: `?`, or `$3` for index 2. */
export function placeholder(manager: EntityManager, index: number): string {
  return manager.connection.driver.createParameter("", index);
}

/** `(?, ?), (?, ?)`, or `($1, $2), ($3, $4)`; the first is for the parameter at index `offset`. */
export function placeholders(manager: EntityManager, rows: number, columns: number, offset = 0): string {
  const row = (first: number) =>
    `(${Array.from({ length: columns }, (_, column) => placeholder(manager, first + column)).join(", ")})`;
  const first = row(offset);
  if (rows === 1) return first;
  // If all placeholders are equal, so are all rows.
  if (row(offset + columns) === first) return `${first}, `.repeat(rows - 1) + first;
  return Array.from({ length: rows }, (_, index) => row(offset + index * columns)).join(", ");
}

/** Ids for `in (…)`, joined: more than one list where they would make a statement too long. */
export function* idLists(ids: readonly number[]): Generator<string> {
  for (let start = 0; start < ids.length; start += maximumIds)
    yield ids.slice(start, start + maximumIds).join(", ");
}

/** Text as a column holds it: PostgreSQL refuses U+0000. */
export function columnText<Text extends string | null>(text: Text): Text {
  return (text?.includes("\0") ? text.replaceAll("\0", "\uFFFD") : text) as Text;
}

/** JSON as a column of text holds it: with U+FFFD in place of U+0000 and lone surrogates, which SQL on JSON does not accept. */
export function columnJson<Json extends string | null>(json: Json): Json {
  return (json === null ? null : toStorableJson(json)) as Json;
}

/** A time as a column holds it: ISO 8601 in UTC. */
export function columnTime(millisecondsSince1970: number): string {
  return new Date(millisecondsSince1970).toISOString();
}
