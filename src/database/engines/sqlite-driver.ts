import sqlite3 from "sqlite3";

/** Longer statements are batches' and rarely repeat. */
const maximumCachedLength = 1000;
const maximumCached = 64;

/** The longest pause between two tries of a statement that finds the file locked. */
const longestPauseMs = 25;

/** How to execute a statement: for its rows, or for the number of rows that it changed. */
type Method = "all" | "run";

type Callback = (this: unknown, error: Error | null, rows?: unknown[]) => void;

/**
 * A connection of the sqlite3 driver that caches prepared statements: the driver prepares, runs and drops a statement with every
 * query, which takes twice as long.
 *
 * It also does the waiting for a locked file itself. SQLite would wait in one of the process's four worker threads: four
 * connections that wait for a fifth would keep that one from ending its transaction.
 */
export class PreparingDatabase extends sqlite3.Database {
  /** How long to wait while another connection has the file locked. */
  readonly busyTimeoutMs: number = 0;
  readonly #statements = new Map<string, sqlite3.Statement>();

  override all(text: string, ...rest: unknown[]): this {
    return this.#execute("all", text, rest);
  }

  override run(text: string, ...rest: unknown[]): this {
    return this.#execute("run", text, rest);
  }

  #execute(method: Method, text: string, rest: unknown[]): this {
    // A deferred transaction that reads before it writes fails at once if another process writes in between.
    const sql = text === "BEGIN TRANSACTION" ? "BEGIN IMMEDIATE TRANSACTION" : text;
    // Parameters may be left out.
    const [callback, parameters = []] = rest.toReversed() as [Callback, unknown];
    const since = performance.now();
    const attempt = (pauseMs: number) => {
      const { busyTimeoutMs } = this;
      this.#executeOnce(method, sql, parameters, function (error, rows) {
        const isLocked = error !== null && "code" in error && error.code === "SQLITE_BUSY";
        if (!isLocked || performance.now() - since + pauseMs > busyTimeoutMs)
          callback.call(this, error, rows);
        else setTimeout(attempt, pauseMs, Math.min(2 * pauseMs, longestPauseMs));
      });
    };
    attempt(1);
    return this;
  }

  override close(callback?: (error: Error | null) => void): void {
    for (const statement of this.#statements.values()) statement.finalize();
    this.#statements.clear();
    super.close(callback);
  }

  #executeOnce(method: Method, sql: string, parameters: unknown, callback: Callback): void {
    const known = this.#statements.get(sql);
    if (sql.length > maximumCachedLength) super[method](sql, parameters, callback);
    else if (known !== undefined) known[method](parameters, callback);
    else {
      const statement = this.prepare(sql, (error: Error | null) => {
        if (error !== null) {
          callback.call(statement, error);
          return;
        }
        this.#keep(sql, statement);
        statement[method](parameters, callback);
      });
    }
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
 * The driver for TypeORM. TypeORM asks for the verbose mode, which would record a stack trace for every statement; this returns
 * the plain one.
 */
export function sqliteDriver(busyTimeoutMs: number): { verbose: () => object } {
  class Database extends PreparingDatabase {
    override readonly busyTimeoutMs = busyTimeoutMs;

    constructor(...parameters: ConstructorParameters<typeof sqlite3.Database>) {
      super(...parameters);
      // The driver's default is a second.
      this.configure("busyTimeout", 0);
    }
  }
  return { verbose: () => ({ ...sqlite3, Database }) };
}
