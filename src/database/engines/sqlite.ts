import { rm, stat } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import sqlite3 from "sqlite3";
import { DataSource, type DataSourceOptions, type EntityManager, TypeORMError } from "typeorm";
import { migrations } from "../../../migrations/index.js";
import * as entities from "../../entities/index.js";
import { DatabaseError } from "../database-error.js";
import type { Engine } from "./engine.js";
import { prepareFolder } from "./sqlite-folder.js";
import { hasNoLog, needWriteRights } from "./sqlite-permissions.js";
import { ProgressLogger } from "./progress-logger.js";
import { checkSchema, runMigrations, needTables } from "../schema/check-schema.js";
import { sqliteDriver } from "./sqlite-driver.js";
import { explainSqliteError, sqliteCodeOf } from "./sqlite-error.js";
import { runAlone } from "./sqlite-query.js";

/** How often to look whether those who read a file are done. */
const lookAgainMs = 25;

/** Errors that a statement's own content raises: it can be rolled back and the connection goes on. */
const contentErrors = new Set(["SQLITE_CONSTRAINT", "SQLITE_MISMATCH", "SQLITE_TOOBIG", "SQLITE_RANGE"]);

/** What SQLite says of a user's statement; the last of one that says nothing. */
const statementErrors = new Set(["SQLITE_ERROR", "SQLITE_READONLY", "SQLITE_AUTH", "SQLITE_MISUSE"]);

/** A SQLite file in write-ahead mode. */
export class SqliteEngine implements Engine {
  readonly rowLock = "";
  readonly #common;

  /** @param busyTimeoutMs how long to wait for another connection that has the file locked. */
  constructor(
    readonly path: string,
    readonly busyTimeoutMs: number,
  ) {
    this.#common = {
      type: "sqlite",
      driver: sqliteDriver(busyTimeoutMs),
      database: path,
      entities: Object.values(entities),
      migrations,
      // TypeORM's other loggers write to stdout.
      logger: "debug",
    } satisfies DataSourceOptions;
  }

  get name(): string {
    return this.path;
  }

  async openWriter(onUpgrade?: (migrations: readonly string[]) => void): Promise<DataSource> {
    await prepareFolder(this.path);
    await needWriteRights(this.path);
    const writer = await this.#open(new DataSource(this.#common));
    try {
      await checkSchema(writer, await this.#listTables(writer), this.path);
      await this.makeSafe(writer);
      await runMigrations(writer, onUpgrade);
      return writer;
    } catch (error) {
      await writer.destroy();
      throw await this.explain(error);
    }
  }

  /** The engine of another file, otherwise the same. */
  at(path: string): SqliteEngine {
    return new SqliteEngine(path, this.busyTimeoutMs);
  }

  /**
   * Opens a file that AEPsych wrote to write to it, and keeps everybody else out of it until it is closed; changes nothing yet.
   *
   * @throws DatabaseError `in_use` while another program reads or writes it.
   */
  async openForUpgrade(onProgress: (text: string) => void): Promise<DataSource> {
    await needWriteRights(this.path);
    const writer = await this.#open(
      new DataSource({ ...this.#common, logger: new ProgressLogger(onProgress) }),
    );
    try {
      await writer.query("pragma locking_mode = exclusive");
      // The lock is taken with the first transaction, and stays.
      for (const statement of ["begin exclusive", "rollback"]) await writer.query(statement);
      return writer;
    } catch (error) {
      await writer.destroy();
      throw await this.explain(error);
    }
  }

  /**
   * Takes away the log and its index that a connection left beside the file because it could only read, or had it for itself; does
   * nothing while others have it open.
   */
  async tidy(): Promise<void> {
    const writer = await this.#open(new DataSource(this.#common));
    await writer.query("select 1 from sqlite_master").finally(() => writer.destroy());
  }

  /**
   * Whether a file can be upgraded, or needs no upgrade.
   *
   * @throws DatabaseError that says what it is instead, or that it is damaged.
   */
  async checkUpgradable(reader: DataSource): Promise<void> {
    try {
      await this.checkReadable(reader);
    } catch (error) {
      if (!(error instanceof DatabaseError && error.code === "aepsych_database")) throw error;
    }
    const [check] = await reader.query<{ integrity_check: string }[]>("pragma integrity_check(1)");
    if (check?.integrity_check === "ok") return;
    throw new DatabaseError(
      "not_a_database",
      `${this.path} is damaged (${check?.integrity_check ?? "it cannot be checked"}); restore it from a backup first.`,
    );
  }

  /** Whether a write-ahead log lies beside the file: it is open somewhere, or was not closed tidily. */
  async hasLog(): Promise<boolean> {
    return stat(`${this.path}-wal`).then(
      () => true,
      () => false,
    );
  }

  async openReader(): Promise<DataSource> {
    const reader = await this.#openReader(this.path);
    if (!(await hasNoLog(this.path))) return reader;
    try {
      await reader.query("select 1 from sqlite_master");
      return reader;
    } catch (error) {
      await reader.destroy();
      const wantsLog = ["SQLITE_CANTOPEN", "SQLITE_READONLY"].includes(sqliteCodeOf(error) ?? "");
      if (!wantsLog) throw await this.explain(error);
      // SQLite reads it without one when it is told that nobody changes the file.
      return this.#openReader(`${pathToFileURL(this.path).href}?immutable=1`);
    }
  }

  async checkReadable(reader: DataSource): Promise<void> {
    try {
      await checkSchema(reader, needTables(await this.#listTables(reader), this.path), this.path);
    } catch (error) {
      throw await this.explain(error);
    }
  }

  runQuery({ options }: DataSource, sql: string, parameters: unknown[]): Promise<unknown[]> {
    return runAlone(String(options.database), this.busyTimeoutMs, sql, parameters);
  }

  async remove(): Promise<void> {
    // The last one to close a database takes its write-ahead log away.
    if (await this.hasLog()) {
      throw new DatabaseError("in_use", `${this.path} is open in another program; close it there first.`);
    }
    await rm(this.path);
  }

  async readVersion(dataSource: DataSource): Promise<string> {
    const [row] = await dataSource.query<{ version: string }[]>("select sqlite_version() as version");
    return `SQLite ${row?.version ?? "of unknown version"}`;
  }

  isDriverFailure(error: unknown): boolean {
    const code = sqliteCodeOf(error);
    return code === undefined ? error instanceof TypeORMError : !contentErrors.has(code);
  }

  isWrongStatement(error: unknown): boolean {
    return sqliteCodeOf(error) === "SQLITE_ERROR";
  }

  isStatementError(error: unknown): boolean {
    const code = sqliteCodeOf(error) ?? "";
    return contentErrors.has(code) || statementErrors.has(code);
  }

  // A writer has the file for itself from the first statement on.
  isCollision(): boolean {
    return false;
  }

  // After a failed fsync the pages of the write-ahead log may be in the cache and not on disk; copying them into the database
  // file and syncing that is what makes the earlier commits safe again.
  async recover(writer: DataSource, error: unknown): Promise<void> {
    if (sqliteCodeOf(error) === "SQLITE_IOERR") await this.settle(writer);
  }

  // Setting the same number again still writes a page and syncs it.
  async probe(manager: EntityManager): Promise<void> {
    await manager.query("pragma user_version = 0");
  }

  async settle(writer: DataSource): Promise<void> {
    const until = performance.now() + this.busyTimeoutMs;
    for (;;) {
      const [row] = await writer.query<{ busy: number }[]>("pragma wal_checkpoint(truncate)");
      if (row?.busy === 0) return;
      if (performance.now() > until)
        throw new DatabaseError("unavailable", `${this.path} is in use and cannot be checkpointed.`);
      await setTimeout(lookAgainMs);
    }
  }

  interrupt(): void {
    // Nothing waits longer than the busy timeout.
  }

  #openReader(database: string): Promise<DataSource> {
    // Without the flag for addresses TypeORM would make the folder.
    const flags = sqlite3.OPEN_READONLY | sqlite3.OPEN_URI;
    return this.#open(new DataSource({ ...this.#common, database, flags }));
  }

  async #open(dataSource: DataSource): Promise<DataSource> {
    try {
      await dataSource.initialize();
    } catch (error) {
      throw await this.explain(error);
    }
    return dataSource;
  }

  async #listTables(dataSource: DataSource): Promise<string[]> {
    const rows = await dataSource.query<{ name: string }[]>(
      "select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\'",
    );
    return rows.map(({ name }) => name);
  }

  /**
   * Gives a connection that writes its write-ahead log, and makes every commit reach the disk.
   *
   * @throws DatabaseError where that cannot be had.
   */
  async makeSafe(writer: DataSource): Promise<void> {
    const ask = async (pragma: string) => {
      const rows = await writer.query<Record<string, unknown>[]>(`pragma ${pragma}`);
      return Object.values(rows[0] ?? {})[0];
    };
    if ((await ask("journal_mode = wal")) !== "wal") {
      throw new DatabaseError(
        "no_wal",
        `${this.path} cannot have a write-ahead log there; choose a folder on a local disk with --db.`,
      );
    }
    const settings = [
      ["synchronous", 2],
      ["foreign_keys", 1],
      ["secure_delete", 1],
      ...(process.platform === "darwin"
        ? ([
            ["fullfsync", 1],
            ["checkpoint_fullfsync", 1],
          ] as const)
        : []),
    ] as const;
    for (const [name, value] of settings) {
      await ask(`${name} = ${value}`);
      if ((await ask(name)) !== value) {
        throw new DatabaseError("unsafe_settings", `SQLite refuses ${name} = ${value} for ${this.path}.`);
      }
    }
  }

  /** What a failure means to the user. */
  explain(error: unknown): Promise<DatabaseError> {
    return explainSqliteError(error, this.path);
  }
}
