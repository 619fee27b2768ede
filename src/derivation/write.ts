import type { ErrorCode } from "../protocol/index.js";
import type { Session } from "./session.js";
import type { SetupFields } from "./setup.js";
import type { Trial } from "./trial.js";

/**
 * A message as it came. Of what it says only what goes into its replay row is kept: the rest is in the frame, and while many
 * messages wait to be written, decoded ones would take most of the memory.
 */
export interface ReceivedMessage {
  readonly type: string;
  /** JSON; null without. */
  readonly extraInfo: string | null;
  /** The client's clock: ms since 1970; null without. */
  readonly sentAt: number | null;
  /** The frame that said it. */
  readonly frame: Uint8Array;
  /** The client's id, or one made for it. */
  readonly id: string;
  /** Whether the client brought the id, so that the message may be a resent one. */
  readonly mayBeResent: boolean;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  /** The client's address and port. */
  readonly peer: string;
}

/** What a message is to leave in the database. */
export type Write = SessionWrite | MessageWrite | RejectionWrite;

/** A session that begins with this message. */
export interface SessionWrite {
  readonly kind: "session";
  readonly message: ReceivedMessage;
  readonly session: NewSession;
}

/** A session and what its setup says of it. */
export interface NewSession extends Session {
  readonly participantId: string;
  readonly fields: SetupFields;
}

/** A message of a session that has begun. */
export interface MessageWrite {
  readonly kind: "message";
  readonly message: ReceivedMessage;
  readonly sessionId: string;
  readonly trials: readonly Trial[];
  /** Why no trials could be derived; null where nothing went wrong. */
  readonly derivationError: string | null;
  /** Whether the message is a snapshot of the client's strategy. */
  readonly isStrat: boolean;
}

/** A frame that cannot become a message of a session, kept all the same. */
export interface RejectionWrite {
  readonly kind: "rejection";
  readonly code: ErrorCode;
  /** The sentence that the client is told. */
  readonly reason: string;
  readonly peer: string;
  /** What is kept of the frame; null where nothing of it can be. */
  readonly contents: Uint8Array | null;
  /** The whole frame's length in bytes, where it is known. */
  readonly length: number | null;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  /** The session that the connection is in, if any. */
  readonly sessionId: string | null;
}

/** A message that is in the database, as its rows say. */
export interface StoredMessage {
  readonly id: string;
  readonly sessionId: string;
  readonly seq: number;
  /** The unique_id of its replay_data row. */
  readonly replayId: number;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  /** How many trials were derived from it. */
  readonly trials: number;
  readonly derivationError: string | null;
  /** Whether it was stored before, and nothing was written now. */
  readonly isDuplicate: boolean;
}
