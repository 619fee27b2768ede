import sqlite3 from "sqlite3";

/** Statements longer than this are those of batches, and seldom come again. */
const maximumCachedLength = 1000;
const maximumCached = 64;

/**
 * A connection of the sqlite3 driver that prepares a statement once and keeps it: the driver itself prepares, runs and drops
 * one with every query, which takes twice as long.
 */
class PreparingDatabase extends sqlite3.Database {
  readonly #statements = new Map<string, sqlite3.Statement>();

  override all(text: string, ...rest: unknown[]): this {
    // A deferred transaction that reads before it writes fails at once when another process writes in between.
    const sql = text === "BEGIN TRANSACTION" ? "BEGIN IMMEDIATE TRANSACTION" : text;
    const [parameters, callback] = rest as [unknown, (error: Error | null, rows?: unknown[]) => void];
    const known = this.#statements.get(sql);
    if (sql.length > maximumCachedLength) return super.all(sql, parameters, callback);
    if (known !== undefined) {
      known.all(parameters, callback);
      return this;
    }
    const statement = this.prepare(sql, (error: Error | null) => {
      if (error !== null) {
        callback(error);
        return;
      }
      this.#keep(sql, statement);
      statement.all(parameters, callback);
    });
    return this;
  }

  override close(callback?: (error: Error | null) => void): void {
    for (const statement of this.#statements.values()) statement.finalize();
    this.#statements.clear();
    super.close(callback);
  }

  #keep(sql: string, statement: sqlite3.Statement): void {
    this.#statements.get(sql)?.finalize();
    this.#statements.set(sql, statement);
    const [oldest] = this.#statements;
    if (this.#statements.size <= maximumCached || oldest === undefined) return;
    this.#statements.delete(oldest[0]);
    oldest[1].finalize();
  }
}

/**
 * The driver that TypeORM is given. TypeORM asks it for its verbose mode, which would keep a stack trace for every statement;
 * it gets the plain one.
 */
export const sqliteDriver = { verbose: () => ({ ...sqlite3, Database: PreparingDatabase }) };
