import { stat } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import sqlite3 from "sqlite3";
import { DataSource, type DataSourceOptions } from "typeorm";
import { migrations } from "../../../migrations/index.js";
import type { EntityClass } from "../../entities/index.js";
import * as entities from "../../entities/index.js";
import { DatabaseError } from "../database-error.js";
import { checkSchema, needTables } from "../schema/index.js";
import { countOpen, findLogDamage } from "./files/index.js";
import { ProgressLogger } from "./progress-logger.js";
import { refuseExpressions } from "./sqlite-expressions.js";
import { sqliteDriver } from "./sqlite-driver.js";
import { checkpoint, makeDurable } from "./sqlite-durability.js";
import { explainSqliteError, sqliteCodeOf } from "./sqlite-error.js";
import { cannotHaveLog, requireWritePermission } from "./sqlite-permissions.js";

/** A SQLite file, and what can be done only with a file: open it alone, upgrade it, leave it without a log. */
export class SqliteFile {
  readonly #common;

  /** @param busyTimeoutMs how long to wait while another connection has the file locked. */
  constructor(
    /** The file's absolute path. */
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

  /** Another file with the same settings. */
  at(path: string): SqliteFile {
    return new SqliteFile(path, this.busyTimeoutMs);
  }

  /** Opens a connection that can write; changes nothing yet. */
  openToWrite(): Promise<DataSource> {
    return this.#open(new DataSource(this.#common));
  }

  /** Opens a connection that can only read; repositories of the given entities can be used. */
  async openReader(entities: readonly EntityClass[] = []): Promise<DataSource> {
    const reader = await this.#openReader(this.path, entities);
    if (!(await cannotHaveLog(this.path))) return reader;
    try {
      await reader.query("select 1 from sqlite_master");
      return reader;
    } catch (error) {
      await reader.destroy();
      const needsLog = ["SQLITE_CANTOPEN", "SQLITE_READONLY"].includes(sqliteCodeOf(error) ?? "");
      if (!needsLog) throw await this.explain(error);
      // With `immutable`, SQLite reads the file without a write-ahead log.
      return this.#openReader(`${pathToFileURL(this.path).href}?immutable=1`, entities);
    }
  }

  /**
   * Opens a file that AEPsych wrote for writing, and locks out every other program until it is closed; changes nothing yet.
   *
   * @throws DatabaseError `in_use` while another program reads or writes it.
   */
  async openForUpgrade(onProgress: (text: string) => void): Promise<DataSource> {
    await requireWritePermission(this.path);
    const writer = await this.#open(
      new DataSource({ ...this.#common, logger: new ProgressLogger(onProgress) }),
    );
    try {
      await writer.query("pragma locking_mode = exclusive");
      // The first transaction takes the lock, which stays.
      for (const statement of ["begin exclusive", "rollback"]) await writer.query(statement);
      return writer;
    } catch (error) {
      await writer.destroy();
      throw await this.explain(error);
    }
  }

  /** Gives a writer its write-ahead log, and makes every commit reach the disk. */
  makeDurable(writer: DataSource): Promise<void> {
    return makeDurable(writer, this.path);
  }

  /** Copies the write-ahead log into the file and empties it. */
  checkpoint(writer: DataSource): Promise<void> {
    return checkpoint(writer, this.path, this.busyTimeoutMs);
  }

  /**
   * Removes the log and its index that a connection left next to the file because it could only read, or had locked the file for
   * itself; does nothing while others have it open.
   */
  async tidy(): Promise<void> {
    const writer = await this.openToWrite();
    await writer.query("select 1 from sqlite_master").finally(() => writer.destroy());
  }

  /** Whether the file has a write-ahead log: it is open somewhere, or was not closed cleanly. */
  async hasLog(): Promise<boolean> {
    return stat(`${this.path}-wal`).then(
      () => true,
      () => false,
    );
  }

  /** Says which part of the write-ahead log SQLite does not read, or that the log belongs to another file; undefined if all is well. */
  describeLogDamage(): Promise<string | undefined> {
    return findLogDamage(this.path);
  }

  /**
   * Checks that a connection may run this telltale's migrations: the file is empty, or a telltale's that is not newer.
   *
   * @throws DatabaseError that says what it is instead.
   */
  async checkWritable(writer: DataSource): Promise<void> {
    await checkSchema(writer, await listTables(writer), this.path);
  }

  /**
   * Checks that a reader has opened a database that this telltale can read.
   *
   * @throws DatabaseError that says what it is instead.
   */
  async checkReadable(reader: DataSource): Promise<void> {
    try {
      await checkSchema(reader, needTables(await listTables(reader), this.path), this.path);
    } catch (error) {
      throw await this.explain(error);
    }
  }

  /**
   * Checks that a file can be upgraded, or needs no upgrade.
   *
   * @throws DatabaseError that says what it is instead, that it is damaged, or what in its schema is refused.
   */
  async checkUpgradable(reader: DataSource): Promise<void> {
    await refuseExpressions(reader, this.path);
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

  /** What a failure means to the user. */
  explain(error: unknown): Promise<DatabaseError> {
    return explainSqliteError(error, this.path);
  }

  #openReader(database: string, entities: readonly EntityClass[]): Promise<DataSource> {
    // Without the URI flag TypeORM would create the folder.
    const flags = sqlite3.OPEN_READONLY | sqlite3.OPEN_URI;
    return this.#open(new DataSource({ ...this.#common, database, flags, entities: [...entities] }));
  }

  async #open(dataSource: DataSource): Promise<DataSource> {
    const uncount = countOpen(this.path);
    try {
      await dataSource.initialize();
    } catch (error) {
      uncount();
      throw await this.explain(error);
    }
    const destroy = dataSource.destroy.bind(dataSource);
    dataSource.destroy = async () => {
      await destroy();
      uncount();
    };
    return dataSource;
  }
}

async function listTables(dataSource: DataSource): Promise<string[]> {
  const rows = await dataSource.query<{ name: string }[]>(
    "select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\'",
  );
  return rows.map(({ name }) => name);
}
