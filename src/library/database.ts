import type { DataSource, EntityManager } from "typeorm";
import { pendingMigrations } from "../../migrations/pending.js";
import { type Session, type Write, plainForm, readFormOfConfig } from "../derivation/index.js";
import { Config, Master, Outcome, Param, Raw, Replay, Strat } from "../entities/index.js";
import type { Value } from "../protocol/index.js";
import { DatabaseError } from "../database/database-error.js";
import { engineAt } from "../database/engines/engine-at.js";
import type { Engine } from "../database/engines/engine.js";
import { type ImportReport, importFile } from "../maintenance/import/import-file.js";
import { bindNamed } from "./named-parameters.js";
import { ReadThrottle } from "../database/read-throttle.js";
import { RecordReader, checkId } from "./record-reader.js";
import { RecordWriter, type SetupRecord } from "./record-writer.js";
import { type Cell, columnText } from "../database/sql.js";
import type { Settlement } from "../database/writing/settlement.js";
import { SqliteEngine } from "../database/engines/sqlite.js";
import { type UpgradeReport, upgrade } from "../maintenance/upgrade/upgrade.js";
import { WriteQueue, type WriteQueueEvents } from "../database/writing/write-queue.js";

export interface DatabaseOptions extends WriteQueueEvents {
  /** Whether to read only: nothing is made, changed or brought up to date. */
  readonly readOnly?: boolean;
  /** How long to wait for another process that has the database locked; 5 s by default. */
  readonly busyTimeoutMs?: number;
  /** How much may wait to be written before the queue calls itself full; 32 MiB by default. */
  readonly maximumQueueBytes?: number;
  /** The database whose messages go before what is read here: the same one, in a process that writes it. */
  readonly givesWayTo?: Database;
}

/**
 * A telltale database: one writer behind a queue, and readers that cannot write; the counterpart of AEPsych's
 * `aepsych.database.db.Database`, whose functions it has under the same names in camelCase (docs/API.md).
 *
 * Programs use it beside a daemon, or inside one; whatever goes through it is on disk when its promise resolves. Every method
 * rejects with a DatabaseError: `unavailable` when the database cannot be reached now, `closed` after close(), `read_only` for a
 * write where it was opened to read, `bad_argument` for an argument of another form than is said.
 */
export class Database {
  /** When those who read much may go on. */
  readonly pace: ReadThrottle;
  readonly #reader: DataSource;
  readonly #records: RecordReader;
  readonly #writer: RecordWriter;
  #queue: WriteQueue | undefined;
  /** What is being read now. */
  readonly #reads = new Set<Promise<unknown>>();
  #isClosing = false;
  /** Why nothing can be read or written until the file is upgraded. */
  #outdated: DatabaseError | undefined;
  /** The upgrade that is under way. */
  #updating: Promise<UpgradeReport> | undefined;

  private constructor(
    readonly engine: Engine,
    /** The engine's name and version. */
    readonly engineVersion: string,
    reader: DataSource,
    readonly options: DatabaseOptions,
  ) {
    this.#reader = reader;
    this.#records = new RecordReader(reader);
    this.#writer = new RecordWriter(this);
    const { givesWayTo } = options;
    this.pace = new ReadThrottle(givesWayTo && (() => givesWayTo.submittedWrites));
  }

  /**
   * Opens a database, makes it where it is missing, and brings its schema up to date; with `readOnly` it only opens. A file that
   * AEPsych wrote is left as it is: until {@link performUpdates} everything else is refused as `aepsych_database`.
   *
   * @param location the path of a SQLite file, or `postgres://user:password@host:port/database`.
   * @throws DatabaseError with a sentence that says why it cannot be opened, or must not be.
   */
  static async open(location: string, options: DatabaseOptions = {}): Promise<Database> {
    const engine = engineAt(location, options.busyTimeoutMs ?? 5000);
    let writer: DataSource | undefined;
    let outdated: DatabaseError | undefined;
    try {
      if (options.readOnly !== true) writer = await engine.openWriter();
    } catch (error) {
      if (!(error instanceof DatabaseError && error.code === "aepsych_database")) throw error;
      outdated = error;
    }
    let reader: DataSource | undefined;
    try {
      reader = await engine.openReader();
      if (options.readOnly === true) outdated = await findOutdated(engine, reader);
      const database = new Database(engine, await engine.readVersion(reader), reader, options);
      database.#outdated = outdated;
      if (writer !== undefined) database.#begin(writer);
      return database;
    } catch (error) {
      await reader?.destroy();
      await writer?.destroy();
      throw error;
    }
  }

  /** What a user calls the database: the file's absolute path, or the server's address without its password. */
  get name(): string {
    return this.engine.name;
  }

  /** The file's absolute path; undefined for a database on a server. */
  get path(): string | undefined {
    return this.engine.path;
  }

  /** Whether more waits to be written than should. */
  get isQueueFull(): boolean {
    return this.#queue?.isFull ?? false;
  }

  /** Messages that wait to be written. */
  get queuedMessages(): number {
    return this.#queue?.length ?? 0;
  }

  /** How many writes were ever submitted. */
  get submittedWrites(): number {
    return this.#queue?.submitted ?? 0;
  }

  /** Bytes that wait to be written. */
  get queuedBytes(): number {
    return this.#queue?.bytes ?? 0;
  }

  /** Whether the schema is an older one than this telltale's, or AEPsych's. */
  async isUpdateRequired(): Promise<boolean> {
    if (this.#outdated !== undefined) return true;
    return this.#reading(async () => (await pendingMigrations(this.#reader)).length > 0);
  }

  /**
   * Upgrades a file that AEPsych wrote, as `telltale migrate` does; does nothing where no update is required.
   *
   * @param onProgress is told what is being done.
   * @returns what was done; undefined where nothing was to do.
   */
  async performUpdates(onProgress?: (text: string) => void): Promise<UpgradeReport | undefined> {
    if (this.options.readOnly === true) return this.#writing(() => Promise.resolve(undefined));
    if (this.#updating !== undefined) return this.#updating;
    if (this.#isClosing) throw closed();
    if (this.#outdated === undefined) return undefined;
    if (!(this.engine instanceof SqliteEngine)) throw this.#outdated;
    this.#updating = this.#upgrade(this.engine, onProgress).finally(() => {
      this.#updating = undefined;
    });
    return this.#updating;
  }

  /**
   * Copies the sessions of a file that AEPsych or telltale wrote into this database, as `telltale import` does: what it has
   * already stays as it is, and the file is only read.
   *
   * @param onProgress is told what is being done.
   * @returns what was added, and what contradicts what the database holds and was left.
   * @throws DatabaseError that says why the file cannot be imported.
   */
  importFile(path: string, onProgress?: (text: string) => void): Promise<ImportReport> {
    return importFile(this, path, onProgress);
  }

  /** TypeORM's data source with which this database is read; it cannot write. */
  getEngine(): DataSource {
    return this.#reader;
  }

  /**
   * Writes what a message leaves; resolves after the commit.
   *
   * @param signal see {@link WriteQueue.submit}.
   * @throws DatabaseError `unavailable` when it may not be in the database: send it again.
   */
  submit(write: Write, signal?: AbortSignal): Promise<Settlement> {
    return this.#writing((queue) => queue.submit(write, signal));
  }

  /**
   * Runs `work` in one transaction, in its turn among the messages; resolves after the commit. Nothing else is written
   * meanwhile: keep it short, and wait in it for nothing else of this database. Where another writer was in its way, it is
   * rolled back and run again.
   *
   * @throws what `work` throws, after a rollback; DatabaseError as {@link submit} does.
   */
  sessionScope<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    return this.#writing((queue) => queue.run(work));
  }

  /**
   * The rows that one statement gives; whatever it says, it can only read.
   *
   * @param values the values of its `:name` parameters.
   * @throws DatabaseError `bad_query` with what the engine says of it; `bad_argument` when values and parameters do not match.
   */
  async executeSqlQuery(
    query: string,
    values: Readonly<Record<string, Cell>> = {},
  ): Promise<Record<string, unknown>[]> {
    const { sql, parameters } = bindNamed(query, values, (index) =>
      this.#reader.driver.createParameter("", index),
    );
    return this.#reading(async () => {
      try {
        return (await this.engine.runQuery(this.#reader, sql, parameters)) as Record<string, unknown>[];
      } catch (error) {
        throw this.engine.isStatementError(error)
          ? new DatabaseError("bad_query", `The query failed: ${(error as Error).message}.`, { cause: error })
          : error;
      }
    });
  }

  /** Every session, in the order in which they were begun here. */
  getMasterRecords(): Promise<Master[]> {
    return this.#list(this.#records.masters());
  }

  /**
   * One session, undefined where there is none.
   *
   * @param id its unique_id, or, as text, an experiment_id: then the first session of that experiment.
   */
  getMasterRecord(id: number | string): Promise<Master | undefined> {
    return this.#reading(() =>
      typeof id === "string" ? this.#records.findMasterOf(id) : this.#records.findMaster(id),
    );
  }

  /** Writes a line for each session: its unique_id, session_id, experiment's name, and participant. */
  async listMasterRecords(
    write: (line: string) => void = (line) => process.stdout.write(`${line}\n`),
  ): Promise<void> {
    for await (const master of this.streamMasterRecords()) {
      const { uniqueId, sessionId, experimentName, participantId } = master;
      write([uniqueId, sessionId, experimentName ?? "", participantId ?? ""].join("\t"));
    }
  }

  /** The messages of a session in their order; undefined where there is no such session. */
  getReplayFor(masterId: number): Promise<Replay[] | undefined> {
    return this.#listOf(masterId, this.#records.replays(masterId));
  }

  /** The snapshots of a session in their order, each as it was sent; undefined where there is no such session, or it has none. */
  async getStratsFor(masterId: number): Promise<Value[] | undefined> {
    const strats = await this.#list(this.streamStratsFor(masterId));
    return strats.length === 0 ? undefined : strats;
  }

  /**
   * One snapshot of a session, as it was sent; undefined where there is none at this position.
   *
   * @param position 0 is the first, −1 the last, −2 the one before.
   */
  async getStratFor(masterId: number, position = -1): Promise<Value | undefined> {
    if (!Number.isSafeInteger(position)) {
      throw new DatabaseError("bad_argument", `A strat's position is a whole number; this is ${position}.`);
    }
    return this.#reading(async () => {
      const strat = await this.#records.stratAt(masterId, position);
      return strat === undefined ? undefined : this.#records.readStrat(strat);
    });
  }

  /** The sections of a session's first config; undefined where there is no such session, or it has none. */
  getConfigFor(masterId: number): Promise<Value | undefined> {
    return this.#reading(async () => {
      for await (const config of this.#records.configs(masterId)) return this.#records.readConfig(config);
      return undefined;
    });
  }

  /** The trials of a session in their order; undefined where there is no such session. */
  getRawFor(masterId: number): Promise<Raw[] | undefined> {
    return this.#listOf(masterId, this.#records.raws(masterId));
  }

  /** The parameters of all trials of a session, trial by trial; undefined where there is no such session. */
  getAllParamsFor(masterId: number): Promise<Param[] | undefined> {
    return this.#listOf(masterId, this.#records.params(masterId));
  }

  /** The parameters of one trial; undefined where the session has no trial of this unique_id. */
  getParamFor(masterId: number, iterationId: number): Promise<Param[] | undefined> {
    return this.#reading(() => this.#records.ofTrial(Param, masterId, iterationId));
  }

  /** The outcomes of all trials of a session, trial by trial; undefined where there is no such session. */
  getAllOutcomesFor(masterId: number): Promise<Outcome[] | undefined> {
    return this.#listOf(masterId, this.#records.outcomes(masterId));
  }

  /** The outcomes of one trial; undefined where the session has no trial of this unique_id. */
  getOutcomeFor(masterId: number, iterationId: number): Promise<Outcome[] | undefined> {
    return this.#reading(() => this.#records.ofTrial(Outcome, masterId, iterationId));
  }

  /** As {@link getMasterRecords}, however many there are. */
  streamMasterRecords(): AsyncGenerator<Master> {
    return this.#stream(this.#records.masters());
  }

  /** As {@link getReplayFor}, however many there are; empty where there is no such session. */
  streamReplayFor(masterId: number): AsyncGenerator<Replay> {
    return this.#stream(this.#records.replays(masterId));
  }

  /** As {@link getStratsFor}, however many there are; empty where there is no such session. */
  streamStratsFor(masterId: number): AsyncGenerator<Value> {
    return this.#stream(this.#records.stratValues(masterId));
  }

  /** As {@link getRawFor}, however many there are; empty where there is no such session. */
  streamRawFor(masterId: number): AsyncGenerator<Raw> {
    return this.#stream(this.#records.raws(masterId));
  }

  /** As {@link getAllParamsFor}, however many there are; empty where there is no such session. */
  streamAllParamsFor(masterId: number): AsyncGenerator<Param> {
    return this.#stream(this.#records.params(masterId));
  }

  /** As {@link getAllOutcomesFor}, however many there are; empty where there is no such session. */
  streamAllOutcomesFor(masterId: number): AsyncGenerator<Outcome> {
    return this.#stream(this.#records.outcomes(masterId));
  }

  /** Begins a session, with its setup message and config as the daemon would write them; gives the session. */
  async recordSetup(record: SetupRecord): Promise<Master> {
    const replayId = await this.#writer.setup(record);
    const { masterTableId } = await this.#find(Replay, replayId);
    return this.#find(Master, masterTableId);
  }

  /**
   * Stores a message of a session, and what is derived from it, as the daemon would: a tell's trials, a strat's row. A tell
   * from which nothing can be derived is stored with its derivation_error.
   *
   * @param request what a client would send: `{"message": …, "extra_info": …}`.
   * @throws DatabaseError `rejected` when there is no such session, or its id stands for another message.
   */
  async recordMessage(master: Master, type: string, request: object): Promise<Replay> {
    const sessionId: unknown = (master as Master | undefined)?.sessionId;
    if (typeof sessionId !== "string")
      throw new DatabaseError("bad_argument", "recordMessage needs a session, as recordSetup gives it.");
    const session = await this.findSession(sessionId);
    if (session === undefined) {
      throw new DatabaseError("rejected", `There is no session ${sessionId}; use recordSetup first.`);
    }
    return this.#find(Replay, await this.#writer.message(session, type, request));
  }

  /**
   * Writes a trial that no message told; its parameters and outcomes follow with {@link recordParam} and
   * {@link recordOutcome}. The trials of tells are written by {@link recordMessage}.
   *
   * @param modelData whether the trial is meant for the model.
   */
  recordRaw(
    master: Master,
    modelData: boolean,
    { timestamp = new Date(), extraData }: { readonly timestamp?: Date; readonly extraData?: unknown } = {},
  ): Promise<Raw> {
    return this.#writer.raw(master, modelData, extraData, timestamp);
  }

  /** Writes a parameter of a trial; its value is kept as text, as DESIGN's derivation writes it. */
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

  /** Writes a config: INI text, or an object of sections. Tells are read as the setup says, whatever it says. */
  recordConfig(master: Master, config: string | object): Promise<Config> {
    return this.#writer.config(master, config);
  }

  /**
   * Runs `work`, which only reads, beside what is being written; it sees what is committed, and no transaction holds its reads
   * together.
   *
   * @throws what `work` throws; DatabaseError `unavailable` when the database cannot be read now.
   */
  readScope<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    return this.#reading(
      () => work(this.#reader.manager),
      (error) => this.engine.isDriverFailure(error),
    );
  }

  /**
   * The session of this id, with what its messages are derived with: what its setup says, and nothing that was recorded beside the
   * log, from which rebuild could not derive them again. Only sessions of AEPsych may have several setups; there the last counts.
   * Undefined where there is none.
   *
   * @throws DatabaseError `unavailable` when it cannot be read now.
   */
  async findSession(sessionId: string): Promise<Session | undefined> {
    const rows = await this.#reading(() =>
      this.#reader.query<{ experiment_id: string | null; config: string | null }[]>(
        `select master.experiment_id, config_data.config from master
         left join config_data on config_data.unique_id = (
           select case when exists (select 1 from replay_data where master_table_id = master.unique_id and seq = 1 and message_id = 'aepsych-1')
             then max(config_data.unique_id) else min(config_data.unique_id) end
           from config_data where config_data.master_table_id = master.unique_id)
         where master.session_id = ${this.#reader.driver.createParameter("", 0)}`,
        [columnText(sessionId)],
      ),
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    const trialForm = readFormOfConfig(row.config) ?? plainForm;
    return { id: sessionId, experimentId: row.experiment_id ?? "", trialForm };
  }

  /**
   * Writes to disk what changes nothing.
   *
   * @throws DatabaseError `unavailable` when a message could not be written now.
   */
  async probe(): Promise<void> {
    await this.sessionScope((manager) => this.engine.probe(manager));
  }

  /** Closes the database and takes it away: the file, or on a server every table of telltale with its rows. */
  async deleteDb(): Promise<void> {
    // Says so before anything is closed.
    await this.sessionScope(() => Promise.resolve());
    await this.close();
    await this.engine.remove();
  }

  /** Gives up what waits to be written, without an answer; close() then only closes. */
  abandon(): void {
    this.#queue?.abandon();
  }

  /**
   * Takes nothing more, finishes what is being read, writes what waits, leaves a tidy file, and closes it. May be called again.
   *
   * @returns whether the file alone holds everything; false where another process keeps its write-ahead log from being emptied,
   *   which is complete all the same.
   */
  async close(): Promise<boolean> {
    await this.#updating?.catch(() => undefined);
    this.#isClosing = true;
    // SQLite closes nothing while a statement is under way.
    await Promise.allSettled(this.#reads);
    // The last connection to close tidies the file up, which one that can only read cannot.
    if (this.#reader.isInitialized) await this.#reader.destroy();
    return (await this.#queue?.close()) ?? true;
  }

  async #upgrade(
    engine: SqliteEngine,
    onProgress: ((text: string) => void) | undefined,
  ): Promise<UpgradeReport> {
    // An upgrade has the file for itself.
    await this.#reader.destroy();
    const report = await upgrade(engine, onProgress).finally(() => this.#reader.initialize());
    this.#begin(await engine.openWriter());
    this.#outdated = undefined;
    return report;
  }

  #begin(writer: DataSource): void {
    const { maximumQueueBytes = 32 * 1024 * 1024, ...events } = this.options;
    this.#queue = new WriteQueue(this.engine, writer, maximumQueueBytes, events);
  }

  #writing<Result>(work: (queue: WriteQueue) => Promise<Result>): Promise<Result> {
    if (this.#queue !== undefined) return work(this.#queue);
    if (this.#outdated !== undefined) return Promise.reject(this.#outdated);
    return Promise.reject(
      new DatabaseError("read_only", `${this.name} was opened to read; open it without readOnly to write.`),
    );
  }

  /** @param isFailure whether an error says that the database cannot be read; of our own reads all do. */
  async #reading<Result>(
    work: () => Promise<Result>,
    isFailure: (error: unknown) => boolean = () => true,
  ): Promise<Result> {
    // The driver makes a page's rows in one go: however many read at once, their pages come one by one.
    if (this.options.givesWayTo !== undefined) await this.pace.next();
    if (this.#isClosing || !this.#reader.isInitialized) throw closed();
    if (this.#outdated !== undefined) throw this.#outdated;
    const read = work();
    this.#reads.add(read);
    try {
      return await read;
    } catch (error) {
      if (error instanceof DatabaseError || !isFailure(error)) throw error;
      throw new DatabaseError("unavailable", "The database cannot be read now; try again.", { cause: error });
    } finally {
      this.#reads.delete(read);
    }
  }

  async *#stream<Row>(rows: AsyncGenerator<Row>): AsyncGenerator<Row> {
    for (;;) {
      const next = await this.#reading(() => rows.next());
      if (next.done === true) return;
      yield next.value;
    }
  }

  async #list<Row>(rows: AsyncGenerator<Row>): Promise<Row[]> {
    const list: Row[] = [];
    for await (const row of this.#stream(rows)) list.push(row);
    return list;
  }

  async #listOf<Row>(masterId: number, rows: AsyncGenerator<Row>): Promise<Row[] | undefined> {
    const master = await this.#reading(() => this.#records.findMaster(masterId));
    return master === undefined ? undefined : this.#list(rows);
  }

  /** A row that was just written. */
  async #find<Row extends { uniqueId: number }>(entity: new () => Row, uniqueId: number): Promise<Row> {
    checkId("unique_id", uniqueId);
    try {
      return await this.#reading(() => this.#records.get(entity, uniqueId));
    } catch (error) {
      // Said to be unavailable, the message would be recorded again, and its trials with it.
      throw new DatabaseError(
        "stored",
        "It is stored, and cannot be read back now; do not record it again.",
        {
          cause: error,
        },
      );
    }
  }
}

/** What a file is that was opened to read and cannot be read as it is; undefined where it can. */
async function findOutdated(engine: Engine, reader: DataSource): Promise<DatabaseError | undefined> {
  try {
    await engine.checkReadable(reader);
    return undefined;
  } catch (error) {
    if (error instanceof DatabaseError && error.code === "aepsych_database") return error;
    throw error;
  }
}

function closed(): DatabaseError {
  return new DatabaseError("closed", "The database is closed; open it again.");
}
