import type { DataSource, EntityManager } from "typeorm";
import { pendingMigrations } from "../../migrations/pending.js";
import {
  type Cell,
  DatabaseError,
  ReadOnlyStore,
  Store,
  type StoreOptions,
  asUnreadable,
  isStatementError,
} from "../database/index.js";
import * as entities from "../entities/index.js";
import {
  type Config,
  Master,
  type Outcome,
  type Param,
  type Raw,
  Replay,
  type Strat,
} from "../entities/index.js";
import { type ImportReport, type UpgradeReport, importFile } from "../maintenance/index.js";
import { bindNamed } from "./named-parameters.js";
import { OutdatedDatabase } from "./outdated-database.js";
import { type RawRecord, RecordWriter, type SetupRecord } from "./record-writer.js";
import { StoredRecords } from "./stored-records.js";

export interface DatabaseOptions extends StoreOptions {
  /** Whether to read only: nothing is created, changed or upgraded. */
  readonly readOnly?: boolean;
}

/**
 * A telltale database for programs: the counterpart of AEPsych's `aepsych.database.db.Database`, whose functions it has under
 * the same names in camelCase (docs/API.md). Use it next to a daemon, or inside one.
 *
 * What it writes is on disk when the promise resolves; see {@link Store} for the rest of the contract. Methods reject with a
 * DatabaseError:
 * `unavailable`: the database cannot be reached now. `closed`: close() was called. `read_only`: a write although the database
 * was opened to read. `bad_argument`: an argument of the wrong form. `aepsych_database`: the file must be upgraded first; only
 * {@link isUpdateRequired}, {@link performUpdates} and {@link close} work until then.
 */
export class Database extends StoredRecords {
  readonly #writer: RecordWriter;
  readonly #options: DatabaseOptions;
  #state: Store | ReadOnlyStore | OutdatedDatabase;
  /** The upgrade under way. */
  #updating: Promise<UpgradeReport> | undefined;
  #isClosed = false;

  private constructor(state: Store | ReadOnlyStore | OutdatedDatabase, options: DatabaseOptions) {
    super();
    // TypeScript forbids to call this; JavaScript does not.
    if (!(state instanceof ReadOnlyStore || state instanceof OutdatedDatabase)) {
      throw new DatabaseError(
        "bad_argument",
        "Open a database with `await Database.open(location)`, not with new.",
      );
    }
    this.#state = state;
    this.#options = options;
    this.#writer = new RecordWriter({
      submit: async (write) => this.#writable().submit(write),
      sessionScope: (work) => this.sessionScope(work),
    });
  }

  /**
   * Opens a database, creates it if it is missing, and runs pending migrations; with `readOnly` it only opens. A file that
   * AEPsych wrote is left as it is: until {@link performUpdates} everything else is refused as `aepsych_database`.
   *
   * @param location the path of a SQLite file, or `postgres://user:password@host:port/database`.
   * @throws DatabaseError whose sentence says why it cannot be opened.
   */
  static async open(location: string, options: DatabaseOptions = {}): Promise<Database> {
    const kind = options.readOnly === true ? ReadOnlyStore : Store;
    const state = await kind
      .open(location, { ...options, entities: Object.values(entities) })
      .catch((error: unknown) => OutdatedDatabase.open(location, options.busyTimeoutMs, error));
    return new Database(state, options);
  }

  /** AEPsych's functions over an open store, which close() closes. */
  static over(store: Store | ReadOnlyStore): Database {
    return new Database(store, {});
  }

  /** The database as users call it: the file's absolute path, or the server's address without its password. */
  get name(): string {
    return this.#state.engine.name;
  }

  /** The file's absolute path; undefined for a database on a server. */
  get path(): string | undefined {
    return this.#state.engine.path;
  }

  /** Whether the schema is older than this telltale's, or AEPsych's. */
  async isUpdateRequired(): Promise<boolean> {
    if (!(this.#state instanceof ReadOnlyStore)) return true;
    return this.reading(async () => (await pendingMigrations(this.getEngine())).length > 0);
  }

  /**
   * Upgrades a file that AEPsych wrote, as `telltale migrate` does; does nothing if no update is required.
   *
   * @param onProgress called with what is being done.
   * @returns what was done; undefined if there was nothing to do.
   */
  async performUpdates(onProgress?: (text: string) => void): Promise<UpgradeReport | undefined> {
    if (this.#updating !== undefined) return this.#updating;
    const state = this.#state;
    if (!(state instanceof OutdatedDatabase) || this.#options.readOnly === true) {
      this.#writable();
      if (this.#isClosed) throw closed();
      return undefined;
    }
    if (this.#isClosed) throw closed();
    this.#updating = this.#upgrade(state, onProgress).finally(() => {
      this.#updating = undefined;
    });
    return this.#updating;
  }

  /**
   * Copies the sessions of a file that AEPsych or telltale wrote into this database, as `telltale import` does: sessions that
   * it has stay as they are, and the file is only read.
   *
   * @param onProgress called with what is being done.
   * @returns what was added, and which sessions contradict the database and were left out.
   * @throws DatabaseError whose sentence says why the file cannot be imported.
   */
  async importFile(path: string, onProgress?: (text: string) => void): Promise<ImportReport> {
    return importFile(this.#writable(), path, onProgress === undefined ? {} : { onProgress });
  }

  /** TypeORM's data source that reads this database until it is closed or upgraded; it cannot write. */
  override getEngine(): DataSource {
    return this.#state.reader;
  }

  /**
   * Runs `work` in one transaction, in its turn among the messages; resolves after the commit. Nothing else is written
   * meanwhile: keep it short, and await nothing else of this database in it. After a collision with another writer it is
   * rolled back and run again.
   *
   * @throws what `work` throws, after a rollback.
   */
  async sessionScope<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    return this.#writable().sessionScope(work);
  }

  /**
   * Runs `work`, which only reads, concurrently with writes; it sees committed rows, and no transaction holds its reads together.
   *
   * @throws what `work` throws.
   */
  async readScope<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    return this.#readable().readScope(work);
  }

  /**
   * Runs one statement, which can only read, and returns its rows.
   *
   * @param values the values of its `:name` parameters.
   * @throws DatabaseError `bad_query` with what the engine says, for several statements, and for two columns of one name, of which a
   *   row can hold only one; `bad_argument` if values and parameters do not match.
   */
  async executeSqlQuery(
    query: string,
    values: Readonly<Record<string, Cell>> = {},
  ): Promise<Record<string, unknown>[]> {
    const { engine, reader } = this.#state;
    const { sql, parameters } = bindNamed(query, values, (index) => reader.driver.createParameter("", index));
    return this.reading(async () => {
      try {
        return (await engine.runQuery(reader, sql, parameters)) as Record<string, unknown>[];
      } catch (error) {
        throw isStatementError(engine.classify(error))
          ? new DatabaseError("bad_query", `The query failed: ${(error as Error).message}.`, { cause: error })
          : error;
      }
    });
  }

  /** Begins a session, with its setup message and config as the daemon would write them; returns the session. */
  async recordSetup(record: SetupRecord): Promise<Master> {
    const replayId = await this.#writer.setup(record);
    const { masterTableId } = await this.readBack(Replay, replayId);
    return this.readBack(Master, masterTableId);
  }

  /**
   * Stores a message of a session, and what is derived from it, as the daemon would: a tell's trials, a strat's row. A tell
   * from which nothing can be derived is stored with its derivation_error.
   *
   * @param request what a client would send: `{"message": …, "extra_info": …}`.
   * @throws DatabaseError `rejected` if there is no such session, or its id belongs to another message.
   */
  async recordMessage(master: Master, type: string, request: object): Promise<Replay> {
    const sessionId: unknown = (master as Master | undefined)?.sessionId;
    if (typeof sessionId !== "string")
      throw new DatabaseError("bad_argument", "recordMessage needs a session, as recordSetup returns it.");
    const session = await this.#readable().findSession(sessionId);
    if (session === undefined) {
      throw new DatabaseError("rejected", `There is no session ${sessionId}; use recordSetup first.`);
    }
    return this.readBack(Replay, await this.#writer.message(session, type, request));
  }

  /**
   * Writes a trial that no message told; its parameters and outcomes follow with {@link recordParam} and
   * {@link recordOutcome}. The trials of tells are written by {@link recordMessage}.
   *
   * @param modelData whether the trial is meant for the model.
   */
  recordRaw(master: Master, modelData: boolean, record: RawRecord = {}): Promise<Raw> {
    return this.#writer.raw(master, modelData, record);
  }

  /** Writes a parameter of a trial; its value is stored as text, as the derivation writes it. */
  recordParam(raw: Raw, name: string, value: unknown): Promise<Param> {
    return this.#writer.param(raw, name, value);
  }

  /** Writes an outcome of a trial; null says that there was no response. */
  recordOutcome(raw: Raw, name: string, value: number | boolean | string | null): Promise<Outcome> {
    return this.#writer.outcome(raw, name, value);
  }

  /** Writes a snapshot that no message brought: bytes, or any value that a message could hold. */
  recordStrat(master: Master, strat: unknown): Promise<Strat> {
    return this.#writer.strat(master, strat);
  }

  /** Writes a config: INI text, or an object of sections. Tells are read as the setup says, whatever this config says. */
  recordConfig(master: Master, config: string | object): Promise<Config> {
    return this.#writer.config(master, config);
  }

  /** Closes the database and deletes it: the file, or every table of telltale on a server. */
  async deleteDb(): Promise<void> {
    await this.#writable().remove();
  }

  /**
   * Accepts nothing more, finishes what it has, and closes the database. May be called again.
   *
   * @returns whether the file alone holds everything; false if another process keeps the write-ahead log from being emptied,
   *   which is complete all the same.
   */
  async close(): Promise<boolean> {
    await this.#updating?.catch(() => undefined);
    this.#isClosed = true;
    return this.#state.close();
  }

  protected override async reading<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await this.#readable().readScope(work);
    } catch (error) {
      throw asUnreadable(error);
    }
  }

  /** @throws DatabaseError if the file must be upgraded first. */
  #readable(): Store | ReadOnlyStore {
    if (this.#state instanceof ReadOnlyStore) return this.#state;
    throw this.#isClosed ? closed() : this.#state.refusal;
  }

  /** @throws DatabaseError if the database cannot be written as it was opened. */
  #writable(): Store {
    if (this.#state instanceof Store) return this.#state;
    if (!(this.#state instanceof ReadOnlyStore)) throw this.#state.refusal;
    throw new DatabaseError(
      "read_only",
      `${this.name} was opened to read; open it without readOnly to write.`,
    );
  }

  async #upgrade(
    outdated: OutdatedDatabase,
    onProgress: ((text: string) => void) | undefined,
  ): Promise<UpgradeReport> {
    const { report, store } = await outdated.upgrade(this.#options, onProgress);
    this.#state = store;
    return report;
  }
}

function closed(): DatabaseError {
  return new DatabaseError("closed", "The database is closed; open it again.");
}
