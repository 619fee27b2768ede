import type { ErrorCode } from "../protocol/index.js";
import type { Occurrence } from "./occurrence.js";
import type { Session } from "./session.js";
import type { SetupFields } from "./setup.js";
import type { Trial } from "./trial.js";

/**
 * A received message. Only what its replay row needs is decoded: the frame has the rest, and the decoded messages of a
 * long write queue would take most of the memory.
 */
export interface ReceivedMessage {
  readonly type: string;
  /** JSON; null if there is none. */
  readonly extraInfo: string | null;
  /** The client's clock: ms since 1970; null if there is none. */
  readonly sentAt: number | null;
  /** When it was made, on the daemon's clock. */
  readonly occurrence: Occurrence;
  /** The message's frame. */
  readonly frame: Uint8Array;
  /** The id from the client, or else from the daemon. */
  readonly id: string;
  /** Whether the client chose the id, so that the message may be a resent one. */
  readonly mayBeResent: boolean;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  /** The client's address and port. */
  readonly peer: string;
}

/** What to write for a message. */
export type Write = SessionWrite | MessageWrite | RejectionWrite;

/** A new session, which begins with this message. */
export interface SessionWrite {
  readonly kind: "session";
  readonly message: ReceivedMessage;
  readonly session: NewSession;
}

/** A new session with the fields of its setup. */
export interface NewSession extends Session {
  readonly participantId: string;
  readonly fields: SetupFields;
}

/** A message of an existing session. */
export interface MessageWrite {
  readonly kind: "message";
  readonly message: ReceivedMessage;
  readonly sessionId: string;
  readonly trials: readonly Trial[];
  /** Why no trials could be derived; null if there was no error. */
  readonly derivationError: string | null;
  /** Whether the message is a snapshot of the client's strategy. */
  readonly isStrat: boolean;
  /** Of a resume only: the seq of the message whose digest its client asks for; null if it asks for none. */
  readonly knownSeq?: number | null;
}

/** A frame that cannot become a message of a session, for rejected_data. */
export interface RejectionWrite {
  readonly kind: "rejection";
  readonly code: ErrorCode;
  /** The sentence that the client gets. */
  readonly reason: string;
  /** The client's address and port; null if it is not kept. */
  readonly peer: string | null;
  /** The part of the frame to store; null if there is none. */
  readonly contents: Uint8Array | null;
  /** The length of the whole frame in bytes; null if it is unknown. */
  readonly length: number | null;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  /** The connection's current session; null if there is none. */
  readonly sessionId: string | null;
}

/** A message in the database. */
export interface StoredMessage {
  readonly id: string;
  readonly sessionId: string;
  readonly seq: number;
  /** The unique_id of its replay_data row. */
  readonly replayId: number;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  /** The number of trials derived from the message. */
  readonly trials: number;
  readonly derivationError: string | null;
  /** Whether the message was stored before, so that nothing was written now. */
  readonly isDuplicate: boolean;
  /** Chains the message to those before it in its session. */
  readonly digest: string;
  /** Of a resume only: the digests that its client compares with those that it knows. */
  readonly earlierDigests?: EarlierDigests;
}

/** The digests of messages before a resume in its session. */
export interface EarlierDigests {
  /** Of the message before it. */
  readonly last: string;
  /** Of the message that its client asks for: null if there is none, undefined if the client asks for none. */
  readonly known: string | null | undefined;
}
