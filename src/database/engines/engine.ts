import type { DataSource, EntityManager } from "typeorm";
import type { EntityClass } from "../../entities/index.js";
import type { ErrorKind } from "./error-kind.js";
import type { SqliteFile } from "./sqlite-file.js";

/** What telltale needs of a database engine beyond portable SQL; the one place where engines differ. */
export interface Engine {
  /** The database as users call it: the file's absolute path, or the server's address without its password. */
  readonly name: string;
  /** The file's absolute path; undefined for a database on a server. */
  readonly path: string | undefined;
  /** What can be done only with a file: copy it, upgrade it; undefined for a database on a server. */
  readonly file: SqliteFile | undefined;
  /** The end of a `select` that locks its rows against other writers; empty if a writer locks the whole database. */
  readonly rowLock: string;
  /**
   * Opens the connection that writes: creates the database if it is missing, runs pending migrations, and makes every commit
   * durable.
   *
   * @param onUpgrade called with the names of the migrations that ran, unless the database was new.
   * @throws DatabaseError `aepsych_database`, with the file unchanged, if its rows must be upgraded first; or why it cannot be opened.
   */
  openWriter(onUpgrade?: (migrations: readonly string[]) => void): Promise<DataSource>;
  /**
   * Opens connections that can only read; changes nothing.
   *
   * @param entities those whose repositories can be used; statements need none, and none open faster.
   */
  openReader(entities?: readonly EntityClass[]): Promise<DataSource>;
  /**
   * Checks that a reader has opened a database that this telltale can read.
   *
   * @throws DatabaseError that says what it is instead.
   */
  checkReadable(reader: DataSource): Promise<void>;
  /**
   * Runs one statement of a user on a reader; nothing that it does outlasts it.
   *
   * @param parameters for the placeholders that the reader's driver makes.
   */
  runQuery(reader: DataSource, sql: string, parameters: unknown[]): Promise<unknown[]>;
  /** Deletes every table and row of telltale, once its own connections are closed. */
  remove(): Promise<void>;
  /** The engine's name and version. */
  readVersion(dataSource: DataSource): Promise<string>;
  /** Says what an error means; see {@link ErrorKind}. */
  classify(error: unknown): ErrorKind;
  /** Makes earlier commits durable again on a writer that was reopened after `error`; rejects as long as it cannot. */
  recover(writer: DataSource, error: unknown): Promise<void>;
  /**
   * Checks that the path still names the files that a connection has open; does nothing for a server. A commit counts once this
   * was checked after it, and a read too.
   *
   * @throws DatabaseError `replaced`.
   */
  checkPlace(connection: DataSource): void;
  /**
   * Checks that the log beside the path does not belong to another file, which a connection has open; does nothing for a server.
   *
   * @throws DatabaseError `replaced`.
   */
  checkLog(connection: DataSource): void;
  /**
   * Saves what the files of a writer hold that {@link checkPlace} found replaced, while it still has them open.
   *
   * @returns the path of the copy, if one was needed.
   */
  rescue(writer: DataSource, error: unknown): Promise<string | undefined>;
  /** Writes something that changes no row, and so fails when a message could not be written. */
  probe(manager: EntityManager): Promise<void>;
  /** Empties the write-ahead log before the writer closes; does nothing on a server. */
  checkpoint(writer: DataSource): Promise<void>;
  /** Fails at once whatever waits for a server; does nothing for a file. */
  interrupt(): void;
}
