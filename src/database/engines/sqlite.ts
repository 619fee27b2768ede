import { rm } from "node:fs/promises";
import { type DataSource, type EntityManager, TypeORMError } from "typeorm";
import type { EntityClass } from "../../entities/index.js";
import { DatabaseError } from "../database-error.js";
import { runMigrations } from "../schema/index.js";
import type { Engine } from "./engine.js";
import type { ErrorKind } from "./error-kind.js";
import { OpenFiles, checkWal, ReplacedError, rescue } from "./files/index.js";
import { sqliteCodeOf } from "./sqlite-error.js";
import { SqliteFile } from "./sqlite-file.js";
import { prepareFolder } from "./sqlite-folder.js";
import { requireWritePermission } from "./sqlite-permissions.js";
import { runAlone } from "./sqlite-query.js";

/** The kinds of result codes; every other code is a failure. */
const kinds: Readonly<Record<string, ErrorKind>> = {
  SQLITE_CONSTRAINT: "content",
  SQLITE_MISMATCH: "content",
  SQLITE_TOOBIG: "content",
  SQLITE_RANGE: "content",
  SQLITE_ERROR: "statement",
  SQLITE_READONLY: "forbidden",
  SQLITE_AUTH: "forbidden",
  // The statement is empty.
  SQLITE_MISUSE: "forbidden",
};

export interface SqliteOptions {
  /** Whether to open a file whose log is damaged, up to the damage; both are copied aside first. */
  readonly isWalDamageAccepted?: boolean;
  /** Called with a sentence about damage that was accepted. */
  readonly onWalDamage?: (sentence: string) => void;
}

/** A SQLite file in write-ahead mode. */
export class SqliteEngine implements Engine {
  readonly rowLock = "";
  readonly file: SqliteFile;
  /** The files that each connection has open. */
  readonly #files = new WeakMap<DataSource, OpenFiles>();

  /** @param busyTimeoutMs how long to wait while another connection has the file locked. */
  constructor(
    readonly path: string,
    readonly busyTimeoutMs: number,
    readonly options: SqliteOptions = {},
  ) {
    this.file = new SqliteFile(path, busyTimeoutMs);
  }

  get name(): string {
    return this.path;
  }

  async openWriter(onUpgrade?: (migrations: readonly string[]) => void): Promise<DataSource> {
    await prepareFolder(this.path);
    await requireWritePermission(this.path);
    const damage = await checkWal(this.path, this.options.isWalDamageAccepted === true);
    if (damage !== undefined) this.options.onWalDamage?.(damage);
    const writer = await this.file.openToWrite();
    try {
      await this.file.checkWritable(writer);
      await this.file.makeDurable(writer);
      await runMigrations(writer, onUpgrade);
      this.#files.set(writer, new OpenFiles(this.path));
      return writer;
    } catch (error) {
      await writer.destroy();
      throw await this.file.explain(error);
    }
  }

  async openReader(entities?: readonly EntityClass[]): Promise<DataSource> {
    const reader = await this.file.openReader(entities);
    this.#files.set(reader, new OpenFiles(this.path));
    return reader;
  }

  checkReadable(reader: DataSource): Promise<void> {
    return this.file.checkReadable(reader);
  }

  runQuery({ options }: DataSource, sql: string, parameters: unknown[]): Promise<unknown[]> {
    return runAlone(String(options.database), this.busyTimeoutMs, sql, parameters);
  }

  async remove(): Promise<void> {
    // The last connection to close removes the write-ahead log.
    if (await this.file.hasLog()) {
      throw new DatabaseError("in_use", `${this.path} is open in another program; close it there first.`);
    }
    await rm(this.path);
  }

  async readVersion(dataSource: DataSource): Promise<string> {
    const [row] = await dataSource.query<{ version: string }[]>("select sqlite_version() as version");
    return `SQLite ${row?.version ?? "of unknown version"}`;
  }

  // No collision: a writer locks the file from its first statement on.
  classify(error: unknown): ErrorKind {
    const code = sqliteCodeOf(error);
    if (code === undefined) return error instanceof TypeORMError ? "failure" : "foreign";
    return kinds[code] ?? "failure";
  }

  // After a failed fsync the pages of the write-ahead log may be in the cache and not on disk; copying them into the database
  // file and syncing that makes the earlier commits durable again.
  async recover(writer: DataSource, error: unknown): Promise<void> {
    if (sqliteCodeOf(error) === "SQLITE_IOERR") await this.checkpoint(writer);
  }

  checkPlace(connection: DataSource): void {
    const change = this.#files.get(connection)?.findChange();
    if (change !== undefined) throw new ReplacedError(this.path, change);
  }

  checkLog(connection: DataSource): void {
    const files = this.#files.get(connection);
    if (files?.isInPlace("") !== false || !files.isInPlace("-wal")) return;
    throw new DatabaseError(
      "replaced",
      `${this.path} was replaced, and the write-ahead log beside it belongs to the file before; wait for the next message.`,
    );
  }

  async rescue(writer: DataSource, error: unknown): Promise<string | undefined> {
    const files = this.#files.get(writer);
    if (!(error instanceof ReplacedError) || files === undefined) return undefined;
    return rescue(writer, files, error.change, () => this.checkpoint(writer));
  }

  // The rows reach the pages of the tables and indexes that a message writes to, and are rolled back; setting the same number again
  // still writes a page and syncs it.
  async probe(manager: EntityManager): Promise<void> {
    await manager.query("savepoint probe");
    await manager.query(
      "insert into master (unique_id, session_id, last_seq) values (-1, 'telltale probe', 0)",
    );
    await manager.query(
      "insert into replay_data (master_table_id, seq, message_id) values (-1, 1, 'telltale probe')",
    );
    await manager.query(
      "insert into rejected_data (timestamp, code, reason) values ('', 'internal', 'telltale probe')",
    );
    await manager.query("rollback to probe");
    await manager.query("release probe");
    await manager.query("pragma user_version = 0");
  }

  checkpoint(writer: DataSource): Promise<void> {
    return this.file.checkpoint(writer);
  }

  interrupt(): void {
    // Nothing waits longer than the busy timeout.
  }
}
