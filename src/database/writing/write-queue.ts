import { setImmediate } from "node:timers/promises";
import type { DataSource, EntityManager } from "typeorm";
import type { Write } from "../../derivation/index.js";
import { internalSentence } from "../../protocol/index.js";
import { type DuplicateCheck, commitBatch, identityOf, rejectionOf } from "./commit-batch.js";
import { DatabaseError } from "../database-error.js";
import type { Engine } from "../engines/engine.js";
import type { Settlement } from "./settlement.js";
import { redactError } from "./redact-error.js";

/** How often a transaction is tried that another writer is in the way of. */
const maximumTries = 5;

/** How much goes into one transaction at most; a write larger than that goes alone. */
const batchBounds = { writes: 512, rows: 20_000, bytes: 8 * 1024 * 1024 };

/** Memory that a waiting write takes beside its frame, roughly. */
const overheadBytes = 1024;

/** A batch that is on disk. */
export interface CommittedBatch {
  readonly writes: readonly Write[];
  /** What became of each write, in the same order. */
  readonly settlements: readonly Settlement[];
  /** From the begin of its transaction to the commit, tries that were rolled back included. */
  readonly elapsedMs: number;
}

/** What a queue tells of itself. */
export interface WriteQueueEvents {
  /** A batch was committed; called before its writes are settled. */
  onCommit?: (batch: CommittedBatch) => void;
  /** The queue has become full (`true`), or has room again. */
  onFull?: (isFull: boolean) => void;
  /** The connection failed and was closed; what waited for it was answered `unavailable`. */
  onFailure?: (error: unknown) => void;
  /** The connection was opened again. */
  onReopen?: () => void;
  /** A write failed on its content and was kept as a rejection. */
  onInternal?: (error: unknown) => void;
}

/** No transaction could be begun: `cause` says why. */
class BeginFailure extends Error {}

/** The work of a transaction was done, and its commit failed: whether it is in the database is not known. */
class CommitFailure extends Error {}

interface WaitingWrite {
  readonly write: Write;
  readonly bytes: number;
  readonly signal: AbortSignal | undefined;
  readonly settle: (settlement: Settlement) => void;
  readonly fail: (error: unknown) => void;
}

interface WaitingWork {
  readonly work: (manager: EntityManager) => Promise<void>;
  readonly bytes: number;
  readonly settle: () => void;
  readonly fail: (error: unknown) => void;
}

type Waiting = WaitingWrite | WaitingWork;

/**
 * The only opener of transactions: first in, first out; everything that waits goes into one transaction, up to a bound, and is
 * settled after its commit.
 */
export class WriteQueue {
  #writer: DataSource | undefined;
  #waiting: Waiting[] = [];
  #bytes = 0;
  #isFull = false;
  #isClosed = false;
  #isAbandoned = false;
  #submitted = 0;
  #running: Promise<void> | undefined;
  /** Why the connection must be opened again before the next transaction. */
  #failure: { readonly error: unknown } | undefined;

  /** @param maximumBytes how much may wait before the queue calls itself full; what still comes is queued all the same. */
  constructor(
    readonly engine: Engine,
    writer: DataSource,
    readonly maximumBytes: number,
    readonly events: WriteQueueEvents = {},
  ) {
    this.#writer = writer;
  }

  /** Whether more waits than should; what still comes is queued all the same. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** How many writes wait. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Bytes that wait, overhead included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many writes were ever queued. */
  get submitted(): number {
    return this.#submitted;
  }

  /**
   * Queues a write; resolves after its commit.
   *
   * @param signal aborted when an earlier write of the same connection failed: the write is then never begun, so that it
   *   cannot overtake the failed one.
   * @throws DatabaseError `unavailable` when it is not in the database, or may not be: send it again. `closed` after close().
   */
  submit(write: Write, signal?: AbortSignal): Promise<Settlement> {
    this.#submitted += 1;
    const frame = write.kind === "rejection" ? write.contents : write.message.frame;
    return new Promise((settle, fail) => {
      this.#add({ bytes: (frame?.length ?? 0) + overheadBytes, signal, write, settle, fail });
    });
  }

  /**
   * Runs `work` in a transaction of its own, in its turn; resolves after the commit. Where another writer was in its way, it is
   * rolled back and run again.
   *
   * @throws what `work` throws, after a rollback; DatabaseError as {@link submit} does.
   */
  run<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    return new Promise((resolve, fail) => {
      let settle: () => void = () => undefined;
      const keep = async (manager: EntityManager) => {
        const result = await work(manager);
        settle = () => {
          resolve(result);
        };
      };
      this.#add({
        bytes: overheadBytes,
        work: keep,
        settle: () => {
          settle();
        },
        fail,
      });
    });
  }

  /**
   * Takes nothing more, writes what waits, and closes the connection. May be called again.
   *
   * @returns whether the engine could settle; another process that reads the file may keep the log from being emptied.
   */
  async close(): Promise<boolean> {
    this.#isClosed = true;
    await this.#running;
    const writer = this.#writer;
    this.#writer = undefined;
    if (writer === undefined) return true;
    const isSettled = await this.engine.settle(writer).then(
      () => true,
      () => false,
    );
    await writer.destroy();
    return isSettled;
  }

  /** Takes nothing more and gives up what waits: it fails as `unavailable`. */
  abandon(): void {
    this.#isClosed = true;
    this.#isAbandoned = true;
    this.engine.interrupt();
    for (const waiting of this.#take(this.#waiting.length)) waiting.fail(unavailable(undefined));
  }

  #add(waiting: Waiting): void {
    if (this.#isClosed) {
      waiting.fail(new DatabaseError("closed", "The database is closed; open it again."));
      return;
    }
    this.#waiting.push(waiting);
    this.#count(waiting.bytes);
    this.#running ??= this.#drain();
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    const isFull = this.#isFull ? this.#bytes > this.maximumBytes / 2 : this.#bytes > this.maximumBytes;
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    this.events.onFull?.(isFull);
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      // Lets every frame that has already arrived join the batch; a message alone waits for no other.
      await setImmediate();
      const [first] = this.#waiting;
      if (first !== undefined && "work" in first) await this.#commitWork(...(this.#take(1) as [WaitingWork]));
      else await this.#commit(this.#takeBatch());
    }
    this.#running = undefined;
  }

  /** Takes what goes into the next transaction: the writes at the front, up to the bounds. */
  #takeBatch(): WaitingWrite[] {
    const batch: WaitingWrite[] = [];
    const identities = new Set<string>();
    let rows = 0;
    let bytes = 0;
    for (const waiting of this.#waiting) {
      if ("work" in waiting) break;
      const identity = identityOf(waiting.write);
      rows += countRows(waiting.write);
      bytes += waiting.bytes;
      const isOver =
        batch.length >= batchBounds.writes || rows > batchBounds.rows || bytes > batchBounds.bytes;
      if (batch.length > 0 && (isOver || (identity !== undefined && identities.has(identity)))) break;
      if (identity !== undefined) identities.add(identity);
      batch.push(waiting);
    }
    this.#take(batch.length);
    return batch.filter((waiting) => !failIfAborted(waiting));
  }

  #take(count: number): Waiting[] {
    const taken = this.#waiting.splice(0, count);
    this.#count(-taken.reduce((sum, { bytes }) => sum + bytes, 0));
    return taken;
  }

  async #commit(batch: readonly WaitingWrite[], suspects: DuplicateCheck = "setups"): Promise<void> {
    if (batch.length === 0) return;
    const writes = batch.map(({ write }) => write);
    const begin = performance.now();
    try {
      const settlements = await this.#transact((manager) =>
        commitBatch(this.engine, manager, writes, suspects),
      );
      this.events.onCommit?.({ writes, settlements, elapsedMs: performance.now() - begin });
      settlements.forEach((settlement, index) => batch[index]?.settle(settlement));
    } catch (error) {
      if (await this.#isFailure(error)) {
        // The ids tell what the lost commit did, also for messages that no client could send again with theirs.
        const isLost = error instanceof CommitFailure && !this.#isAbandoned;
        if (isLost && suspects !== "all") await this.#commit(batch, "all");
        else for (const waiting of batch) waiting.fail(unavailable(error));
      } else if (suspects === "setups") await this.#commit(batch, "resent");
      else if (batch.length > 1) await this.#commitOneByOne(batch, suspects);
      else if (batch[0] !== undefined) await this.#keepFailed(batch[0], error);
    }
  }

  /** What fails on its content fails alone. */
  async #commitOneByOne(batch: readonly WaitingWrite[], suspects: DuplicateCheck): Promise<void> {
    for (const waiting of batch) {
      // Lets a connection whose write has just failed say so.
      await setImmediate();
      if (!failIfAborted(waiting)) await this.#commit([waiting], suspects);
    }
  }

  async #commitWork(waiting: WaitingWork): Promise<void> {
    try {
      await this.#transact(async (manager) => {
        await waiting.work(manager);
        // PostgreSQL takes the commit of a transaction in which a statement has failed, and rolls it back.
        await manager.query("select 1");
      });
      waiting.settle();
    } catch (error) {
      const isTheirs = this.engine.isWrongStatement(error);
      waiting.fail((await this.#isFailure(error)) && !isTheirs ? unavailable(error) : error);
    }
  }

  async #transact<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#tryTransaction(work);
      } catch (error) {
        const isCollision = !(error instanceof BeginFailure) && this.engine.isCollision(causeOf(error));
        if (!isCollision || tries === maximumTries) throw error;
      }
    }
  }

  async #tryTransaction<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    const writer = await this.#openAfterFailure();
    const reached: { phase: "begin" | "work" | "commit" } = { phase: "begin" };
    try {
      return await writer.transaction(async (manager) => {
        reached.phase = "work";
        const result = await work(manager);
        reached.phase = "commit";
        return result;
      });
    } catch (cause) {
      if (reached.phase === "begin") throw new BeginFailure("A transaction cannot begin.", { cause });
      throw reached.phase === "commit" ? new CommitFailure("The commit failed.", { cause }) : cause;
    }
  }

  /** Keeps a message that could not be written as what it is, as a rejection. */
  async #keepFailed(waiting: WaitingWrite, error: unknown): Promise<void> {
    if (waiting.write.kind === "rejection") {
      waiting.fail(error);
      return;
    }
    this.events.onInternal?.(redactError(error));
    await this.#commit([{ ...waiting, write: rejectionOf(waiting.write, "internal", internalSentence) }]);
  }

  /** Whether the connection failed, and not the content; if so it is closed, to be opened again. */
  async #isFailure(thrown: unknown): Promise<boolean> {
    if (this.#failure !== undefined) return true;
    const error = causeOf(thrown);
    if (!(thrown instanceof BeginFailure || this.engine.isDriverFailure(error))) return false;
    this.#failure = { error };
    this.events.onFailure?.(redactError(error));
    // The driver's idea of open transactions is wrong from here on; only a new connection is to be trusted.
    await this.#writer?.destroy().catch(() => undefined);
    this.#writer = undefined;
    return true;
  }

  async #openAfterFailure(): Promise<DataSource> {
    this.#writer ??= await this.engine.openWriter();
    if (this.#failure !== undefined) {
      await this.engine.recover(this.#writer, this.#failure.error);
      this.#failure = undefined;
      this.events.onReopen?.();
    }
    return this.#writer;
  }
}

function causeOf(thrown: unknown): unknown {
  return thrown instanceof BeginFailure || thrown instanceof CommitFailure ? thrown.cause : thrown;
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
    {
      cause,
    },
  );
}

function countRows(write: Write): number {
  if (write.kind !== "message") return 3;
  return write.trials.reduce((sum, { params, outcomes }) => sum + 1 + params.length + outcomes.length, 1);
}
