import type sqlite3 from "sqlite3";
import { PreparingDatabase } from "../../src/database/engines/sqlite-driver.js";

type Callback = (this: unknown, error: Error | null, rows?: unknown[]) => void;
type Execute = (sql: string, parameters: unknown, callback: Callback) => void;
type All = (this: sqlite3.Database, sql: string, ...rest: unknown[]) => sqlite3.Database;

/**
 * Passes every statement to a faulty daemon's function instead of to SQLite.
 *
 * @param mutate handles a statement; its `execute` passes one to SQLite, on the same connection.
 */
export function mutateStatements(
  mutate: (
    sql: string,
    parameters: unknown,
    callback: Callback,
    execute: Execute,
    connection: object,
  ) => void,
): void {
  const prototype = PreparingDatabase.prototype as unknown as { all: All };
  const { all } = prototype;
  prototype.all = function (this: sqlite3.Database, sql, ...rest) {
    const [parameters, callback] = rest as [unknown, Callback];
    const execute: Execute = (text, values, done) => all.call(this, text, values, done);
    mutate(sql, parameters, callback, execute, this);
    return this;
  };
}
