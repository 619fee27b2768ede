import type { DataSource, EntityManager } from "typeorm";
import { type Session, type Write, readTrialForm } from "../derivation/index.js";
import { isMap, parseTaggedJson } from "../protocol/index.js";
import { DatabaseError } from "./database-error.js";
import type { Engine } from "./engine.js";
import type { Settlement } from "./settlement.js";
import { engineAt } from "./engine-at.js";
import { columnText } from "./rows.js";
import { WriteQueue, type WriteQueueEvents } from "./write-queue.js";

export interface DatabaseOptions extends WriteQueueEvents {
  /** How long to wait for another process that has the database locked; 5 s by default. */
  readonly busyTimeoutMs?: number;
  /** How much may wait to be written before the queue calls itself full; 32 MiB by default. */
  readonly maximumQueueBytes?: number;
}

/**
 * A telltale database: one writer behind a queue, and readers that cannot write.
 *
 * Programs use it beside a daemon, or inside one; whatever goes through it is on disk when its promise resolves.
 */
export class Database {
  readonly #reader: DataSource;
  readonly #queue: WriteQueue;

  private constructor(
    readonly engine: Engine,
    /** The engine's name and version. */
    readonly engineVersion: string,
    reader: DataSource,
    queue: WriteQueue,
  ) {
    this.#reader = reader;
    this.#queue = queue;
  }

  /**
   * Opens a database, makes it where it is missing, and brings its schema up to date.
   *
   * @param location the path of a SQLite file, or `postgres://user:password@host:port/database`.
   * @throws DatabaseError with a sentence that says why it cannot be opened, or must not be.
   */
  static async open(location: string, options: DatabaseOptions = {}): Promise<Database> {
    const { busyTimeoutMs = 5000, maximumQueueBytes = 32 * 1024 * 1024, ...events } = options;
    const engine = engineAt(location, busyTimeoutMs);
    const writer = await engine.openWriter();
    try {
      const version = await engine.readVersion(writer);
      return new Database(
        engine,
        version,
        await engine.openReader(),
        new WriteQueue(engine, writer, maximumQueueBytes, events),
      );
    } catch (error) {
      await writer.destroy();
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
    return this.#queue.isFull;
  }

  /** Bytes that wait to be written. */
  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  /**
   * Writes what a message leaves; resolves after the commit.
   *
   * @param signal see {@link WriteQueue.submit}.
   * @throws DatabaseError `unavailable` when it may not be in the database: send it again. `closed` after close().
   */
  submit(write: Write, signal?: AbortSignal): Promise<Settlement> {
    return this.#queue.submit(write, signal);
  }

  /**
   * Runs `work` in one transaction, in its turn among the messages; resolves after the commit. Where another writer was in its
   * way, it is rolled back and run again.
   *
   * @throws what `work` throws, after a rollback; DatabaseError as {@link submit} does.
   */
  sessionScope<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    return this.#queue.run(work);
  }

  /**
   * The session of this id, with what its messages are derived with; undefined where there is none.
   *
   * @throws DatabaseError `unavailable` when it cannot be read now.
   */
  async findSession(sessionId: string): Promise<Session | undefined> {
    const rows = await this.#read<{ experiment_id: string | null; config: string | null }>(
      `select master.experiment_id, config_data.config from master
       left join config_data on config_data.master_table_id = master.unique_id
       where master.session_id = ${this.#reader.driver.createParameter("", 0)} order by config_data.unique_id desc limit 1`,
      [columnText(sessionId)],
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    const sections = row.config === null ? undefined : parseTaggedJson(row.config);
    const trialForm = readTrialForm(isMap(sections) ? sections : new Map());
    return { id: sessionId, experimentId: row.experiment_id ?? "", trialForm };
  }

  /**
   * Writes to disk what changes nothing.
   *
   * @throws DatabaseError `unavailable` when a message could not be written now.
   */
  async probe(): Promise<void> {
    await this.#queue.run((manager) => this.#queue.engine.probe(manager));
  }

  /** Gives up what waits to be written, without an answer; close() then only closes. */
  abandon(): void {
    this.#queue.abandon();
  }

  /** Takes nothing more, writes what waits, leaves a tidy file, and closes it. May be called again. */
  async close(): Promise<void> {
    await this.#queue.close();
    if (this.#reader.isInitialized) await this.#reader.destroy();
  }

  async #read<Row>(sql: string, parameters: string[]): Promise<Row[]> {
    try {
      return await this.#reader.query<Row[]>(sql, parameters);
    } catch (error) {
      throw new DatabaseError(
        "unavailable",
        "The database cannot be read; connect again and send the message again.",
        {
          cause: error,
        },
      );
    }
  }
}
