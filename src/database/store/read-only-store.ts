import type { DataSource, EntityManager } from "typeorm";
import { runInTurns } from "../../common/index.js";
import { type Session, plainForm, readFormOfConfigInSteps } from "../../derivation/index.js";
import type { EntityClass } from "../../entities/index.js";
import { DatabaseError } from "../database-error.js";
import { type Engine, engineAt, isConnectionLost } from "../engines/index.js";
import { ReadThrottle } from "./read-throttle.js";
import { findDeleted } from "../writing/index.js";
import { columnText, placeholder, query } from "../sql.js";

export interface ReadOnlyStoreOptions {
  /** How long to wait while another process has the database locked; 5 s by default. */
  readonly busyTimeoutMs?: number;
  /** The store of the same database in this process whose messages take precedence over reads here. */
  readonly yieldTo?: { readonly submittedWrites: number };
  /** The entities whose repositories {@link ReadOnlyStore.reader} offers; none by default, which opens faster. */
  readonly entities?: readonly EntityClass[];
}

/**
 * A telltale database opened for reading.
 *
 * Contract:
 * - It changes nothing: its connections cannot write, and it neither creates nor migrates a database.
 * - Reads see committed rows. No transaction holds several reads together: each may see later commits than the one before.
 * - Reads run concurrently, next to any writer; with `yieldTo` they take turns and rest while messages arrive.
 * - Methods reject with a DatabaseError:
 *   `unavailable`: the database cannot be read now; trying again is safe. `closed`: close() was called.
 *   What the work given to {@link readScope} throws is passed on unchanged.
 */
export class ReadOnlyStore {
  /** Tells readers of many rows when to continue. */
  readonly throttle: ReadThrottle;
  readonly #isYielding: boolean;
  readonly #entities: readonly EntityClass[];
  /** The reads under way. */
  readonly #reads = new Set<Promise<unknown>>();
  #reader: DataSource;
  /** Set while the connections are closed and opened again because the path named other files. */
  #reopening: Promise<void> | undefined;
  #releasing: Promise<void> | undefined;
  #isClosing = false;

  protected constructor(
    readonly engine: Engine,
    /** The engine's name and version. */
    readonly engineVersion: string,
    reader: DataSource,
    { yieldTo, entities = [] }: ReadOnlyStoreOptions,
  ) {
    this.#entities = entities;
    this.#reader = reader;
    this.#isYielding = yieldTo !== undefined;
    this.throttle = new ReadThrottle(yieldTo && (() => yieldTo.submittedWrites));
  }

  /**
   * Opens an existing database.
   *
   * @param location the path of a SQLite file, or `postgres://user:password@host:port/database`.
   * @throws DatabaseError whose sentence says why it cannot be opened; `aepsych_database` if it must be upgraded first.
   */
  static async open(location: string, options: ReadOnlyStoreOptions = {}): Promise<ReadOnlyStore> {
    const engine = await engineAt(location, options.busyTimeoutMs);
    const reader = await engine.openReader(options.entities);
    try {
      await engine.checkReadable(reader);
      return new ReadOnlyStore(engine, await engine.readVersion(reader), reader, options);
    } catch (error) {
      await reader.destroy();
      throw error;
    }
  }

  /** The connections that read; they cannot write. */
  get reader(): DataSource {
    return this.#reader;
  }

  /** The database as users call it: the file's absolute path, or the server's address without its password. */
  get name(): string {
    return this.engine.name;
  }

  /** The file's absolute path; undefined for a database on a server. */
  get path(): string | undefined {
    return this.engine.path;
  }

  /**
   * Runs `work`, which reads.
   *
   * @throws what `work` throws; DatabaseError `unavailable` or `closed`.
   */
  async readScope<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    // The driver builds a page's rows in one go: however many readers there are, their pages come one by one.
    if (this.#isYielding) await this.throttle.next();
    await this.#openIfClosed();
    if (this.#isClosing) throw new DatabaseError("closed", "The database is closed; open it again.");
    const reader = this.#reader;
    const read = work(reader.manager);
    this.#reads.add(read);
    try {
      const result = await read;
      this.#checkPlace(reader);
      return result;
    } catch (error) {
      throw isConnectionLost(this.engine.classify(error)) ? asUnreadable(error) : error;
    } finally {
      this.#reads.delete(read);
    }
  }

  /**
   * The session with this id and what deriving its messages needs, as its setup says; undefined if there is none. Configs
   * recorded later do not count, since a rebuild derives from the messages alone. Only AEPsych's sessions may have several
   * setups; there the last counts.
   *
   * @throws DatabaseError `unavailable` or `closed`.
   */
  async findSession(sessionId: string): Promise<Session | undefined> {
    const rows = await this.readScope((manager) =>
      query<{ experiment_id: string | null; config: string | null }>(
        manager,
        `select master.experiment_id, config_data.config from master
         left join config_data on config_data.unique_id = (
           select case when exists (select 1 from replay_data where master_table_id = master.unique_id and seq = 1 and message_id = 'aepsych-1')
             then max(config_data.unique_id) else min(config_data.unique_id) end
           from config_data where config_data.master_table_id = master.unique_id)
         where master.session_id = ${placeholder(manager, 0)}`,
        [columnText(sessionId)],
      ),
    ).catch((error: unknown) => {
      throw asUnreadable(error);
    });
    const [row] = rows;
    if (row === undefined) return undefined;
    const trialForm = (await runInTurns(readFormOfConfigInSteps(row.config))) ?? plainForm;
    return { id: sessionId, experimentId: row.experiment_id ?? "", trialForm };
  }

  /**
   * Whether a session was deleted.
   *
   * @throws DatabaseError `unavailable` or `closed`.
   */
  async isDeleted(sessionId: string): Promise<boolean> {
    const deleted = await this.readScope((manager) => findDeleted(manager, [sessionId])).catch(
      (error: unknown) => {
        throw asUnreadable(error);
      },
    );
    return deleted.has(sessionId);
  }

  /**
   * Accepts no more reads, finishes those under way, and closes the connections. May be called again.
   *
   * @returns whether the file alone holds everything; always true for a store that only reads.
   */
  async close(): Promise<boolean> {
    this.#isClosing = true;
    await this.#reopening?.catch(() => undefined);
    await this.#release();
    return true;
  }

  /** Closes the connections if the path names other files than they have open; the next read opens them again. */
  async releaseIfMoved(): Promise<void> {
    if (!this.#isInPlace()) await this.#release();
  }

  /** Called before the connections are opened again. */
  protected prepareFiles(): Promise<void> {
    return Promise.resolve();
  }

  async #openIfClosed(): Promise<void> {
    if (this.#reopening === undefined) {
      if (this.#isClosing || this.#isInPlace()) return;
      this.#reopening = this.#reopen().finally(() => (this.#reopening = undefined));
    }
    await this.#reopening;
  }

  async #reopen(): Promise<void> {
    let reader: DataSource | undefined;
    try {
      await this.prepareFiles();
      if (this.#reader.isInitialized) this.engine.checkLog(this.#reader);
      await this.#release();
      reader = await this.engine.openReader(this.#entities);
      await this.engine.checkReadable(reader);
      this.#reader = reader;
    } catch (error) {
      await reader?.destroy();
      throw unreadable(error);
    }
  }

  async #release(): Promise<void> {
    // SQLite cannot close a connection while a statement runs.
    await Promise.allSettled(this.#reads);
    if (!this.#reader.isInitialized) return;
    this.#releasing ??= this.#reader.destroy().finally(() => (this.#releasing = undefined));
    await this.#releasing;
  }

  #isInPlace(): boolean {
    if (!this.#reader.isInitialized) return false;
    try {
      this.engine.checkPlace(this.#reader);
      return true;
    } catch {
      return false;
    }
  }

  #checkPlace(reader: DataSource): void {
    try {
      this.engine.checkPlace(reader);
    } catch (error) {
      throw unreadable(error);
    }
  }
}

/** A failed read as callers see it; DatabaseErrors stay as they are. */
export function asUnreadable(error: unknown): DatabaseError {
  return error instanceof DatabaseError ? error : unreadable(error);
}

function unreadable(cause: unknown): DatabaseError {
  return new DatabaseError("unavailable", "The database cannot be read now; try again.", { cause });
}
