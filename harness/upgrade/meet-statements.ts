import type sqlite3 from "sqlite3";
import { PreparingDatabase } from "../../src/database/engines/sqlite-driver.js";

type Execute = (this: sqlite3.Database, sql: string, ...rest: unknown[]) => sqlite3.Database;

/** How sqlite3 names the file of a connection; its types leave that out. */
interface NamedDatabase extends sqlite3.Database {
  readonly filename: string;
}

/**
 * Calls `meet` with every statement of this process's SQLite connections; SQLite gets the statement when `execute` is called.
 *
 * @returns a function that ends this.
 */
export function meetStatements(meet: (file: string, sql: string, execute: () => void) => void): () => void {
  const prototype = PreparingDatabase.prototype as unknown as Record<"all" | "run", Execute>;
  // TypeORM calls no others.
  const { all, run } = prototype;
  for (const [name, original] of Object.entries({ all, run })) {
    prototype[name as "all" | "run"] = function (this: sqlite3.Database, sql, ...rest) {
      meet((this as NamedDatabase).filename, sql, () => original.call(this, sql, ...rest));
      return this;
    };
  }
  return () => {
    Object.assign(prototype, { all, run });
  };
}
