import sqlite3 from "sqlite3";
import { DatabaseError } from "../database-error.js";
import { checkColumnNames } from "./query-columns.js";

/** What SQLite reads as a whole: texts, quoted names, comments; and what it leaves. */
const tokens = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[^]*?(?:\*\/|$)|[^]/g;

/**
 * Runs one statement of a user on a read-only connection of its own. Closing the connection ends whatever the statement leaves: a
 * transaction, a setting, a temporary table. No other file can be attached, which `vacuum into` would write.
 *
 * @param database the path of a SQLite file, or its URI.
 * @throws the driver's error; DatabaseError `bad_query` for several statements, of which the driver would run the first, and for
 *   two columns of one name, of which it would give the last.
 */
export async function runAlone(
  database: string,
  busyTimeoutMs: number,
  sql: string,
  parameters: readonly unknown[],
): Promise<unknown[]> {
  if (holdsSeveralStatements(sql)) {
    throw new DatabaseError("bad_query", "The query holds several statements; run each by itself.");
  }
  const connection = await open(database);
  try {
    connection.configure("busyTimeout", busyTimeoutMs);
    connection.configure("limit", sqlite3.LIMIT_ATTACHED, 0);
    const rows = await all(connection, sql, parameters);
    const [row] = rows;
    if (row !== undefined) {
      const names = await listColumns(connection, sql);
      if (names.length > Object.keys(row).length)
        checkColumnNames(names.map((name) => name.replace(/:\d+$/, "")));
    }
    return rows;
  } finally {
    await new Promise((resolve) => {
      connection.close(resolve);
    });
  }
}

function holdsSeveralStatements(sql: string): boolean {
  let isEnded = false;
  for (const [token] of sql.matchAll(tokens)) {
    if (token === ";") isEnded = true;
    else if (isEnded && !/^(?:\s|--|\/\*)/.test(token)) return true;
  }
  return false;
}

/** The names of a query's columns; SQLite adds a number to a name that is there already. None for what is not a select. */
async function listColumns(connection: sqlite3.Database, sql: string): Promise<string[]> {
  // A view has no parameters.
  const query = sql.replace(tokens, (token) => (token === "?" ? "null" : token));
  try {
    await all(connection, `create temp view query_columns as ${query}`);
  } catch {
    return [];
  }
  const columns = await all<{ name: string }>(connection, "pragma temp.table_info(query_columns)");
  return columns.map(({ name }) => name);
}

function all<Row extends object>(
  connection: sqlite3.Database,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<Row[]> {
  return new Promise((resolve, fail) => {
    connection.all<Row>(sql, parameters, (error, rows) => {
      if (error === null) resolve(rows);
      else fail(error);
    });
  });
}

function open(database: string): Promise<sqlite3.Database> {
  return new Promise((resolve, fail) => {
    const connection = new sqlite3.Database(
      database,
      sqlite3.OPEN_READONLY | sqlite3.OPEN_URI,
      (error: Error | null) => {
        if (error === null) resolve(connection);
        else fail(error);
      },
    );
  });
}
