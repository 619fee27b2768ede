import type { RejectionCode } from "../client-error.js";

/** A message that waits for its acknowledgement. */
export interface OutboxMessage {
  /** Its id, unique among all messages. */
  readonly id: string;
  /** The id of its session. */
  readonly session: string;
  readonly type: string;
  /** The frame that is sent: JSON as text, MessagePack as bytes. */
  readonly frame: string | Uint8Array;
}

/** A message that was refused for good. */
export interface RejectedMessage extends OutboxMessage {
  readonly code: RejectionCode;
  /** One sentence that says why. */
  readonly reason: string;
  /** Whether the daemon has it in `replay_data` all the same. */
  readonly stored: boolean;
  /** When the client learnt of it, by its own clock: milliseconds since 1970. */
  readonly rejectedAt: number;
}

/** What an outbox held when it was opened. */
export interface OutboxContents {
  /** In the order in which they were added. */
  readonly waiting: readonly OutboxMessage[];
  readonly rejected: readonly RejectedMessage[];
}

/** One step of an outbox: first `removed` and `dismissed` leave it, then `added` and `rejected` come in. */
export interface OutboxChanges {
  /** Messages to keep, behind those that wait. */
  readonly added: readonly OutboxMessage[];
  /** Ids of messages that need not be kept any more; one that is not there is no error. */
  readonly removed: readonly string[];
  /** Messages that wait no more, and are kept for the user. */
  readonly rejected: readonly RejectedMessage[];
  /** Ids of refused messages that need not be kept any more. */
  readonly dismissed: readonly string[];
}

/** Where messages are kept until they are acknowledged. The client calls `read` once, first, and one `write` at a time. */
export interface Outbox {
  /** What it held when it was opened, and what nobody else is going to send. */
  read(): Promise<OutboxContents>;
  /**
   * Makes the changes. When it resolves, what was added and rejected survives a crash; what was removed may come back after one.
   * After it fails, the same changes come again with the next ones.
   */
  write(changes: OutboxChanges): Promise<void>;
  /** Lets others open it. */
  close(): Promise<void>;
}

/** An outbox that is gone with the program. */
export function openMemoryOutbox(): Outbox {
  return {
    read: () => Promise.resolve({ waiting: [], rejected: [] }),
    write: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
