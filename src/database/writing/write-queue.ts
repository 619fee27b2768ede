import { setImmediate } from "node:timers/promises";
import type { DataSource, EntityManager } from "typeorm";
import type { Write } from "../../derivation/index.js";
import { internalSentence } from "../../protocol/index.js";
import { DatabaseError } from "../database-error.js";
import type { Engine } from "../engines/index.js";
import { Backlog } from "./backlog.js";
import type { SameWrites } from "./batch.js";
import { type DuplicateCheck, commitBatch, rejectionOf } from "./commit-batch.js";
import { redactError } from "./redact-error.js";
import type { Settlement } from "./settlement.js";
import type { Waiting, WaitingWork, WaitingWrite } from "./waiting.js";
import { CommitFailure, type ConnectionEvents, WriterConnection } from "./writer-connection.js";

/** A batch that is on disk. */
export interface CommittedBatch {
  readonly writes: readonly Write[];
  /** What became of each write, in the same order. */
  readonly settlements: readonly Settlement[];
  /** The time from the begin of its transaction to the commit, with tries that were rolled back. */
  readonly elapsedMs: number;
}

/** What a queue reports. */
export interface WriteQueueEvents extends ConnectionEvents {
  /** A batch was committed; called before its writes are settled. */
  onCommit?: (batch: CommittedBatch) => void;
  /** The queue became full (`true`), or has room again. */
  onFull?: (isFull: boolean) => void;
  /** A write failed on its content and was stored as a rejection. */
  onInternal?: (error: unknown) => void;
}

/**
 * The only opener of transactions. First in, first out for each connection and each session; connections take turns. What waits goes
 * into one transaction, up to a bound, and is settled after its commit.
 *
 * What happens when something fails; "closed" means that the next transaction opens a new connection:
 *
 * | failure                                     | submitters see                                                    | connection |
 * | ------------------------------------------- | ----------------------------------------------------------------- | ---------- |
 * | the transaction cannot begin                | `unavailable`; nothing was written                                | closed     |
 * | the driver, the server or the disk fails    | `unavailable`; the transaction is rolled back                     | closed     |
 * | the path no longer names the open files     | `unavailable`; what the files hold is saved                       | closed     |
 * | the commit fails, so its result is unknown  | nothing yet: the batch runs again, and every id is looked up      | closed     |
 * | that second run fails                       | `unavailable`                                                     | closed     |
 * | another writer collides                     | nothing yet: the transaction runs again, at most 5 times; then    | closed     |
 * |                                             | `unavailable`                                                     |            |
 * | the engine refuses a write's content        | nothing yet: the batch runs again, and ids that clients chose are | kept       |
 * |                                             | looked up; then each write runs alone                             |            |
 * | a write fails on its content alone          | rejected as `internal`; its frame is in rejected_data             | kept       |
 * | that rejection, or any other, fails so      | the engine's error                                                | kept       |
 * | the code given to run() throws              | what it threw, after a rollback                                   | kept       |
 * | a statement of run() is wrong               | the engine's error, after a rollback                              | closed     |
 * | an earlier write of the same client failed  | `unavailable`; the write is never begun, so that it cannot        | kept       |
 * |                                             | overtake the failed one                                           |            |
 * | abandon()                                   | `unavailable`                                                     | kept       |
 * | close()                                     | what waits is written; later submits get `closed`                 | closed     |
 */
export class WriteQueue {
  readonly #connection: WriterConnection;
  readonly #backlog: Backlog;
  #isClosed = false;
  #isAbandoned = false;
  #submitted = 0;
  #running: Promise<void> | undefined;

  /** @param maximumBytes how many bytes may wait before the queue reports itself full; it accepts more all the same. */
  constructor(
    readonly engine: Engine,
    writer: DataSource,
    maximumBytes: number,
    readonly events: WriteQueueEvents = {},
  ) {
    this.#connection = new WriterConnection(engine, writer, events);
    this.#backlog = new Backlog(maximumBytes, events.onFull);
  }

  /** Whether more bytes wait than `maximumBytes`. */
  get isFull(): boolean {
    return this.#backlog.isFull;
  }

  /** The number of writes that wait. */
  get length(): number {
    return this.#backlog.length;
  }

  /** The number of bytes that wait, overhead included. */
  get bytes(): number {
    return this.#backlog.bytes;
  }

  /** The number of writes ever submitted. */
  get submitted(): number {
    return this.#submitted;
  }

  /**
   * Queues a write; resolves after its commit.
   *
   * @param signal aborted if an earlier write of the same connection failed: the write is then never begun.
   * @throws DatabaseError `unavailable` if it is not in the database, or may not be: submit it again. `closed` after close().
   */
  submit(write: Write, signal?: AbortSignal): Promise<Settlement> {
    this.#submitted += 1;
    return new Promise((settle, fail) => {
      this.#add({ signal, write, settle, fail });
    });
  }

  /**
   * Runs `work` in a transaction of its own, in its turn; resolves after the commit. After a collision with another writer it is
   * rolled back and run again.
   *
   * @throws what `work` throws, after a rollback; DatabaseError as {@link submit} does.
   */
  run<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    return new Promise((resolve, fail) => {
      let settle: () => void = () => undefined;
      const keepResult = async (manager: EntityManager) => {
        const result = await work(manager);
        settle = () => {
          resolve(result);
        };
      };
      this.#add({
        work: keepResult,
        settle: () => {
          settle();
        },
        fail,
      });
    });
  }

  /**
   * Accepts nothing more, writes what waits, empties the write-ahead log, and closes the connection. May be called again.
   *
   * @returns whether the log was emptied; another process that reads the file may prevent it.
   */
  async close(): Promise<boolean> {
    this.#isClosed = true;
    await this.#running;
    return this.#connection.close();
  }

  /** Accepts nothing more and gives up what waits: it fails as `unavailable`. */
  abandon(): void {
    this.#isClosed = true;
    this.#isAbandoned = true;
    this.engine.interrupt();
    for (const waiting of this.#backlog.takeAll()) waiting.fail(unavailable(undefined));
  }

  #add(waiting: Waiting): void {
    if (this.#isClosed) {
      waiting.fail(new DatabaseError("closed", "The database is closed; open it again."));
      return;
    }
    this.#backlog.add(waiting);
    this.#running ??= this.#drain();
  }

  async #drain(): Promise<void> {
    while (this.#backlog.length > 0) {
      // Every frame that has already arrived joins the batch; a message alone waits for no other.
      await setImmediate();
      const next = this.#backlog.takeNext();
      if ("work" in next) await this.#commitWork(next);
      else await this.#commit(next.map(withoutAborted).filter((same) => same.length > 0));
    }
    this.#running = undefined;
  }

  async #commit(batch: readonly SameWrites[], check: DuplicateCheck = "setups"): Promise<void> {
    if (batch.length === 0) return;
    const writes = batch.flatMap(([first]) => first?.write ?? []);
    const begin = performance.now();
    try {
      const settlements = await this.#connection.transact((manager) =>
        commitBatch(this.engine, manager, writes, check),
      );
      const settled = settlements.flatMap((settlement, index) => settleSame(batch[index] ?? [], settlement));
      this.events.onCommit?.({
        writes: settled.map(([{ write }]) => write),
        settlements: settled.map(([, settlement]) => settlement),
        elapsedMs: performance.now() - begin,
      });
      for (const [{ settle }, settlement] of settled) settle(settlement);
      await this.#commit(
        settlements.flatMap((settlement, index) => refuseCopies(batch[index] ?? [], settlement)),
      );
    } catch (error) {
      if (await this.#connection.closeIfFailed(error)) {
        // The ids tell whether the lost commit happened, also for messages that no client could send again with theirs.
        const isUnknown = error instanceof CommitFailure && !this.#isAbandoned;
        if (isUnknown && check !== "all") await this.#commit(batch, "all");
        else for (const waiting of batch.flat()) waiting.fail(unavailable(error));
      } else if (check === "setups") await this.#commit(batch, "resent");
      else if (batch.length > 1 || (batch[0]?.length ?? 0) > 1)
        await this.#commitOneByOne(batch.flat(), check);
      else if (batch[0]?.[0] !== undefined) await this.#storeAsRejected(batch[0][0], error);
    }
  }

  /** Commits each write alone, so that only those that fail on their content fail. */
  async #commitOneByOne(batch: readonly WaitingWrite[], check: DuplicateCheck): Promise<void> {
    for (const waiting of batch) {
      // A connection whose write has just failed aborts its signal here.
      await setImmediate();
      if (!failIfAborted(waiting)) await this.#commit([[waiting]], check);
    }
  }

  async #commitWork(waiting: WaitingWork): Promise<void> {
    try {
      await this.#connection.transact(async (manager) => {
        await waiting.work(manager);
        // PostgreSQL accepts the commit of a transaction in which a statement has failed, and rolls it back.
        await manager.query("select 1");
      });
      waiting.settle();
    } catch (error) {
      const isStatementError = this.engine.classify(error) === "statement";
      const isLost = await this.#connection.closeIfFailed(error);
      waiting.fail(isLost && !isStatementError ? unavailable(error) : error);
    }
  }

  /** Stores the frame of a message that failed on its content as a rejection. */
  async #storeAsRejected(waiting: WaitingWrite, error: unknown): Promise<void> {
    if (waiting.write.kind === "rejection") {
      waiting.fail(error);
      return;
    }
    this.events.onInternal?.(redactError(error));
    await this.#commit([[{ ...waiting, write: rejectionOf(waiting.write, "internal", internalSentence) }]]);
  }
}

/** What becomes of the same writes when the first is stored; only the first is settled when it is rejected. */
function settleSame([first, ...copies]: SameWrites, settlement: Settlement): [WaitingWrite, Settlement][] {
  if (first === undefined) return [];
  if (settlement.kind === "rejected") return [[first, settlement]];
  const copied: Settlement = { kind: "stored", message: { ...settlement.message, isDuplicate: true } };
  return [[first, settlement], ...copies.map((copy): [WaitingWrite, Settlement] => [copy, copied])];
}

/** The copies of a rejected write as rejections of their own. */
function refuseCopies([, ...copies]: SameWrites, settlement: Settlement): SameWrites[] {
  if (settlement.kind === "stored") return [];
  const { code, reason } = settlement;
  return copies.flatMap((copy) =>
    copy.write.kind === "rejection" ? [] : [[{ ...copy, write: rejectionOf(copy.write, code, reason) }]],
  );
}

function withoutAborted(same: SameWrites): SameWrites {
  return same.filter((waiting) => !failIfAborted(waiting));
}

function failIfAborted({ signal, fail }: WaitingWrite): boolean {
  if (signal?.aborted !== true) return false;
  fail(unavailable(undefined));
  return true;
}

function unavailable(cause: unknown): DatabaseError {
  return new DatabaseError(
    "unavailable",
    "The database could not be written; connect again and send the message again.",
    { cause },
  );
}
