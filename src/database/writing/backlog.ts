import type { EntityManager } from "typeorm";
import type { Write } from "../../derivation/index.js";
import { identityOf } from "./commit-batch.js";
import type { Settlement } from "./settlement.js";

/** The most that goes into one transaction; a larger write goes alone. */
const batchBounds = { writes: 512, rows: 20_000, bytes: 8 * 1024 * 1024 };

/** Roughly the memory that a waiting entry takes in addition to its frame. */
const overheadBytes = 1024;

/** A message or rejected frame that waits to be written. */
export interface WaitingWrite {
  readonly write: Write;
  /** Aborted if an earlier write of the same connection failed. */
  readonly signal: AbortSignal | undefined;
  readonly settle: (settlement: Settlement) => void;
  readonly fail: (error: unknown) => void;
}

/** Work that waits for a transaction of its own. */
export interface WaitingWork {
  readonly work: (manager: EntityManager) => Promise<void>;
  readonly settle: () => void;
  readonly fail: (error: unknown) => void;
}

export type Waiting = WaitingWrite | WaitingWork;

/** What waits to be written, first in, first out, with its size in bytes. */
export class Backlog {
  #waiting: Waiting[] = [];
  #bytes = 0;
  #isFull = false;

  /**
   * @param maximumBytes how many bytes may wait before the backlog reports itself full; it accepts more all the same.
   * @param onFull called with `true` when the backlog becomes full, and with `false` when it has shrunk to half of that.
   */
  constructor(
    readonly maximumBytes: number,
    readonly onFull: ((isFull: boolean) => void) | undefined,
  ) {}

  get isFull(): boolean {
    return this.#isFull;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** The number of bytes that wait, overhead included. */
  get bytes(): number {
    return this.#bytes;
  }

  add(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#count(bytesOf(waiting));
  }

  /** Removes and returns what goes into the next transaction: one piece of work, or the writes at the front, up to the bounds. */
  takeNext(): WaitingWork | WaitingWrite[] {
    const [first] = this.#waiting;
    if (first !== undefined && "work" in first) {
      this.#take(1);
      return first;
    }
    return this.#take(this.#countBatch()) as WaitingWrite[];
  }

  /** Removes and returns everything. */
  takeAll(): Waiting[] {
    return this.#take(this.#waiting.length);
  }

  /** How many writes at the front share the next transaction; a batch holds no identity twice. */
  #countBatch(): number {
    const identities = new Set<string>();
    let [writes, rows, bytes] = [0, 0, 0];
    for (const waiting of this.#waiting) {
      if ("work" in waiting) break;
      const identity = identityOf(waiting.write);
      rows += countRows(waiting.write);
      bytes += bytesOf(waiting);
      const isOver = writes >= batchBounds.writes || rows > batchBounds.rows || bytes > batchBounds.bytes;
      if (writes > 0 && (isOver || (identity !== undefined && identities.has(identity)))) break;
      if (identity !== undefined) identities.add(identity);
      writes += 1;
    }
    return writes;
  }

  #take(count: number): Waiting[] {
    const taken = this.#waiting.splice(0, count);
    this.#count(-taken.reduce((sum, waiting) => sum + bytesOf(waiting), 0));
    return taken;
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    const isFull = this.#isFull ? this.#bytes > this.maximumBytes / 2 : this.#bytes > this.maximumBytes;
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    this.onFull?.(isFull);
  }
}

function bytesOf(waiting: Waiting): number {
  if ("work" in waiting) return overheadBytes;
  const { write } = waiting;
  const frame = write.kind === "rejection" ? write.contents : write.message.frame;
  return (frame?.length ?? 0) + overheadBytes;
}

function countRows(write: Write): number {
  if (write.kind !== "message") return 3;
  return write.trials.reduce((sum, { params, outcomes }) => sum + 1 + params.length + outcomes.length, 1);
}
