import type { DataSource, EntityManager } from "typeorm";
import type { Write } from "../../derivation/index.js";
import * as entities from "../../entities/index.js";
import { type SqliteOptions, engineAt } from "../engines/index.js";
import { ReadOnlyStore } from "./read-only-store.js";
import { type Settlement, WriteQueue, type WriteQueueEvents } from "../writing/index.js";

export interface StoreOptions extends WriteQueueEvents, SqliteOptions {
  /** How long to wait while another process has the database locked; 5 s by default. */
  readonly busyTimeoutMs?: number;
  /** How many bytes may wait to be written before the queue reports itself full; 32 MiB by default. */
  readonly maximumQueueBytes?: number;
  /** Called with the names of the migrations that opening ran on an existing database. */
  readonly onUpgrade?: (migrations: readonly string[]) => void;
}

/**
 * A telltale database: one writer behind a queue, and readers that cannot write.
 *
 * Contract, next to that of {@link ReadOnlyStore}:
 * - Atomic: each write (a message with every row derived from it) and each {@link sessionScope} is committed as a whole or
 *   not at all. Several writes may share a transaction; a scope has one to itself.
 * - Order: the messages of a session are committed in the order in which they were submitted, and their seqs follow it; so are the
 *   writes of a connection (of a signal), and scopes and writes without a signal. Connections take turns. Other processes may write
 *   to the same database in between.
 * - A resolved promise means committed and on disk, and visible to reads from then on.
 * - `unavailable`: the database cannot be written now. The write is not in the database, or it is unknown whether it is: submit
 *   it again. A write with an id is stored once however often it is submitted.
 * - `closed`: close() or abandon() was called; nothing was written.
 * - A write that fails on its content does not reject: its frame is kept in rejected_data, and the settlement says why.
 */
export class Store extends ReadOnlyStore {
  /** The library reads entities. */
  static readonly #entities = Object.values(entities);
  readonly #queue: WriteQueue;

  private constructor(
    reader: DataSource,
    writer: DataSource,
    engineVersion: string,
    engine: ReadOnlyStore["engine"],
    { maximumQueueBytes = 32 * 1024 * 1024, ...events }: StoreOptions,
  ) {
    super(engine, engineVersion, reader, { entities: Store.#entities });
    this.#queue = new WriteQueue(engine, writer, maximumQueueBytes, {
      ...events,
      beforeReopen: async () => {
        await Promise.all([this.releaseIfMoved(), events.beforeReopen?.()]);
      },
    });
  }

  /**
   * Opens a database, creates it if it is missing, and runs pending migrations. A file that AEPsych wrote is refused and left
   * as it is.
   *
   * @param location the path of a SQLite file, or `postgres://user:password@host:port/database`.
   * @throws DatabaseError whose sentence says why it cannot be opened; `aepsych_database` if it must be upgraded first.
   */
  static override async open(location: string, options: StoreOptions = {}): Promise<Store> {
    const engine = await engineAt(location, options.busyTimeoutMs, options);
    const writer = await engine.openWriter(options.onUpgrade);
    let reader: DataSource | undefined;
    try {
      reader = await engine.openReader(Store.#entities);
      return new Store(reader, writer, await engine.readVersion(reader), engine, options);
    } catch (error) {
      await reader?.destroy();
      await writer.destroy();
      throw error;
    }
  }

  /** Whether more than `maximumQueueBytes` waits to be written. */
  get isQueueFull(): boolean {
    return this.#queue.isFull;
  }

  /** The number of messages that wait to be written. */
  get queuedMessages(): number {
    return this.#queue.length;
  }

  /** The number of bytes that wait to be written. */
  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  /** The number of writes submitted since the store was opened. */
  get submittedWrites(): number {
    return this.#queue.submitted;
  }

  /**
   * Writes a message or a rejected frame; resolves after the commit.
   *
   * @param signal see {@link WriteQueue.submit}.
   * @throws DatabaseError `unavailable` or `closed`.
   */
  submit(write: Write, signal?: AbortSignal): Promise<Settlement> {
    return this.#queue.submit(write, signal);
  }

  /**
   * Runs `work` in a transaction of its own, in its turn among the messages; resolves after the commit. Nothing else is written
   * meanwhile: keep it short, and await nothing else of this store in it. After a collision with another writer it is rolled
   * back and run again.
   *
   * @throws what `work` throws, after a rollback; DatabaseError `unavailable` or `closed`.
   */
  sessionScope<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    return this.#queue.run(work);
  }

  /**
   * Checks that a message could be written now, by writing something to disk that changes no row.
   *
   * @throws DatabaseError `unavailable` or `closed`.
   */
  async probe(): Promise<void> {
    await this.sessionScope((manager) => this.engine.probe(manager));
  }

  /** Lets the writer notice that its files changed, and open what the path names now. */
  protected override async prepareFiles(): Promise<void> {
    await this.probe().catch(() => this.probe());
  }

  /** Gives up the writes that wait: they reject as `unavailable`. A close() afterwards does not wait for them. */
  abandon(): void {
    this.#queue.abandon();
  }

  /**
   * Accepts no more reads and writes, finishes those that it has, empties SQLite's write-ahead log, and closes the connections.
   * May be called again.
   *
   * @returns whether the file alone holds everything; false if another process keeps the write-ahead log from being emptied,
   *   which is complete all the same.
   */
  override async close(): Promise<boolean> {
    // The last connection to close removes SQLite's log; a read-only connection cannot.
    await super.close();
    return this.#queue.close();
  }

  /**
   * Closes the store and deletes the database: the file, or every table of telltale on a server.
   *
   * @throws DatabaseError `unavailable` or `closed`, with the store left as it was; `in_use` while another program has the file open.
   */
  async remove(): Promise<void> {
    // Fail now, before anything is closed, if the database cannot be written.
    await this.probe();
    await this.close();
    await this.engine.remove();
  }
}
