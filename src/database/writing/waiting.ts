import type { EntityManager } from "typeorm";
import type { Write } from "../../derivation/index.js";
import type { Settlement } from "./settlement.js";

/** A message or rejected frame that waits to be written. */
export interface WaitingWrite {
  readonly write: Write;
  /** Aborted if an earlier write of the same connection failed; stands for the connection. */
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

/** Roughly the memory that a waiting entry takes in addition to its frame, and each of its rows. */
const overheadBytes = 1024;
const rowBytes = 128;

/** What waits, with what it costs. */
export class Place {
  readonly rows: number;
  readonly bytes: number;

  constructor(readonly waiting: Waiting) {
    this.rows = "work" in waiting ? 0 : countRows(waiting.write);
    this.bytes = "work" in waiting ? overheadBytes : countBytes(waiting.write, this.rows);
  }

  /** The session whose messages this one must not overtake. */
  get session(): string | undefined {
    if ("work" in this.waiting) return undefined;
    const { write } = this.waiting;
    if (write.kind === "rejection") return undefined;
    return write.kind === "session" ? write.session.id : write.sessionId;
  }
}

function countRows(write: Write): number {
  if (write.kind !== "message") return 3;
  return write.trials.reduce((sum, { params, outcomes }) => sum + 1 + params.length + outcomes.length, 1);
}

function countBytes(write: Write, rows: number): number {
  if (write.kind === "rejection") return (write.contents?.length ?? 0) + overheadBytes;
  const { frame, extraInfo } = write.message;
  // A tell of one trial has few rows, which the overhead covers.
  return frame.length + (extraInfo?.length ?? 0) + overheadBytes + (rows > 8 ? rows * rowBytes : 0);
}
