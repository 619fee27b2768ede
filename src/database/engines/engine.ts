import type { DataSource, EntityManager } from "typeorm";

/** What telltale needs of a database engine beyond portable SQL; the one place where engines differ. */
export interface Engine {
  /** What the user calls the database: the file's absolute path, or the server's address without its password. */
  readonly name: string;
  /** The file's absolute path; undefined for a database on a server. */
  readonly path: string | undefined;
  /** What a `select` ends with to lock its rows against other writers; empty where a writer locks the whole database. */
  readonly rowLock: string;
  /**
   * Opens the connection that writes, makes it safe, and runs pending migrations.
   *
   * @param onUpgrade called with the names of the migrations that ran, unless the database was new.
   */
  openWriter(onUpgrade?: (migrations: readonly string[]) => void): Promise<DataSource>;
  /** Opens connections that can only read; changes nothing. */
  openReader(): Promise<DataSource>;
  /**
   * Whether a reader finds a database that this telltale can read.
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
  /** Takes every table and row of telltale away, once its own connections are closed. */
  remove(): Promise<void>;
  /** The engine's name and version. */
  readVersion(dataSource: DataSource): Promise<string>;
  /** Whether the driver or the server failed, and not the statement's content: the connection cannot be trusted. */
  isDriverFailure(error: unknown): boolean;
  /** Whether the statement itself was wrong, such as one that names a column that does not exist. */
  isWrongStatement(error: unknown): boolean;
  /** Whether the engine refused a user's statement for what it says: a wrong one, one that writes, one that divides by zero. */
  isStatementError(error: unknown): boolean;
  /** Whether two writers were in each other's way, so that the transaction was rolled back and is worth another try. */
  isCollision(error: unknown): boolean;
  /** Makes a freshly opened writer safe after `error`; rejects while it is not. */
  recover(writer: DataSource, error: unknown): Promise<void>;
  /** Writes something that changes no row, so that it fails when a message could not be written. */
  probe(manager: EntityManager): Promise<void>;
  /** Leaves the database in its tidiest form before the writer is closed. */
  settle(writer: DataSource): Promise<void>;
  /** Makes what waits for a server fail at once; does nothing where the database is a file. */
  interrupt(): void;
}
