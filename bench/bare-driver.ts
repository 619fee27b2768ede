import sqlite3 from "sqlite3";
import { Database } from "../src/index.js";
import type { BareDatabase, BareStatement, Parameter } from "./bare-database.js";

/** The bare sqlite3 driver, with telltale's schema and durability, and statements prepared once. */
export class BareDriver implements BareDatabase {
  readonly #statements: sqlite3.Statement[] = [];

  private constructor(readonly database: sqlite3.Database) {}

  /** Opens a database with telltale's schema; creates the schema if it is missing. */
  static async open(path: string): Promise<BareDriver> {
    // The schema is telltale's own: the same tables, indexes and foreign keys.
    await (await Database.open(path)).close();
    const database = await new Promise<sqlite3.Database>((resolve, reject) => {
      const opened: sqlite3.Database = new sqlite3.Database(path, (error) => {
        if (error === null) resolve(opened);
        else reject(error);
      });
    });
    const driver = new BareDriver(database);
    await driver.exec("pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on");
    // As in telltale: without this, macOS only passes the data to the disk, which may still lose it.
    if (process.platform === "darwin") {
      await driver.exec("pragma fullfsync = on; pragma checkpoint_fullfsync = on");
    }
    return driver;
  }

  /** Runs statements without parameters; not timed. */
  exec(sql: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.database.exec(sql, (error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  }

  /** Prepares a statement; an error in it is reported when it runs. */
  prepare(sql: string): BareStatement {
    const statement = this.database.prepare(sql);
    this.#statements.push(statement);
    return (parameters: readonly Parameter[] = []) =>
      new Promise((resolve, reject) => {
        statement.run(parameters, (error: Error | null) => {
          if (error === null) resolve();
          else reject(error);
        });
      });
  }

  /** Closes the connection, and with it the statements. */
  async close(): Promise<void> {
    for (const statement of this.#statements.splice(0)) {
      await new Promise<void>((resolve) => {
        statement.finalize(() => {
          resolve();
        });
      });
    }
    await new Promise<void>((resolve, reject) => {
      this.database.close((error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  }
}
