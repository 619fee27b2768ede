import type { ErrorCode } from "../../protocol/index.js";

/** Why a message was refused for good: a code of the protocol, or one of the client's own. */
export type RejectionCode =
  | ErrorCode
  /** The message is larger than the daemon accepts. */
  | "too_large"
  /** It contains a value that no message can express, such as a function. */
  | "unencodable"
  /** The setup of its session was refused. */
  | "setup_refused";

/** A message that has not been acknowledged yet. */
export interface OutboxMessage {
  /** Its id, unique among all messages. */
  readonly id: string;
  /** The id of its session. */
  readonly session: string;
  readonly type: string;
  /** The frame to send: JSON as text, MessagePack as bytes. */
  readonly frame: string | Uint8Array;
  /** How often the daemon ended or fell silent while this message alone was on its way; undefined for never. */
  readonly deaths?: number;
}

/** A message that may be what ended the daemon. */
export type SuspectedMessage = Required<Pick<OutboxMessage, "id" | "deaths">>;

/** A message that the daemon refused; sending it again does not help. */
export interface RejectedMessage extends OutboxMessage {
  readonly code: RejectionCode;
  /** One sentence that says why. */
  readonly reason: string;
  /** Whether the daemon stored it in `replay_data` nevertheless. */
  readonly stored: boolean;
  /** When the client received the refusal, by its own clock: milliseconds since 1970. */
  readonly rejectedAt: number;
}

/** The contents of an outbox when it is opened. */
export interface OutboxContents {
  /** In the order in which they were added. */
  readonly waiting: readonly OutboxMessage[];
  readonly rejected: readonly RejectedMessage[];
}

/** One step of an outbox: first delete `removed` and `dismissed`, then store `added`, `rejected` and `suspected`. */
export interface OutboxChanges {
  /** Messages to append to the waiting ones. */
  readonly added: readonly OutboxMessage[];
  /** Ids of messages to delete; an unknown id is not an error. */
  readonly removed: readonly string[];
  /** Messages that no longer wait, kept for the user. */
  readonly rejected: readonly RejectedMessage[];
  /** Ids of refused messages to delete. */
  readonly dismissed: readonly string[];
  /** New values of `deaths` of waiting messages, which keep their place; an unknown id is not an error. */
  readonly suspected?: readonly SuspectedMessage[];
}

/** A message that an outbox has lost, as far as it can be read. */
export type MissingMessage = Partial<Pick<OutboxMessage, "id" | "session" | "type">>;

/** Something other than the client changed an outbox. */
export interface OutboxDamage {
  /** One sentence that says what happened. */
  readonly reason: string;
  /** The lost messages; empty if the outbox still has all of them. */
  readonly missing: readonly MissingMessage[];
  /** The path of a copy of what was found. */
  readonly copy?: string | undefined;
}

/**
 * Keeps messages until they are acknowledged. The client calls `read` once, before anything else, and never calls `write` before the
 * previous call has finished.
 */
export interface Outbox {
  /**
   * Returns the stored messages that no other client is going to send.
   *
   * @param onDamage called for each damage that the outbox finds, now or later.
   */
  read(onDamage: (damage: OutboxDamage) => void): Promise<OutboxContents>;
  /**
   * Applies the changes. When it resolves, `added` and `rejected` survive a crash; `removed` may reappear after one. If it fails, the
   * client passes the same changes again, together with the next ones. Without changes it checks that the outbox is still there.
   */
  write(changes: OutboxChanges): Promise<void>;
  /** Releases the outbox, so that another program can open it. */
  close(): Promise<void>;
}

/** Opens an outbox that lasts only as long as the program. */
export function openMemoryOutbox(): Outbox {
  return {
    read: () => Promise.resolve({ waiting: [], rejected: [] }),
    write: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
