import type { RejectedMessage, RejectionCode } from "./outbox/outbox.js";

/** What went wrong in the client. */
export type ClientErrorCode =
  | RejectionCode
  /** An option has the wrong form. */
  | "bad_option"
  /** The client was closed before the message was acknowledged; the message stays in the outbox. */
  | "closed"
  /** Another program has the outbox open. */
  | "outbox_in_use"
  /** The outbox cannot be opened, or the file is not an outbox. */
  | "outbox_unreadable";

/** A failure of the client; `message` is one sentence that says what happened and what to do. */
export class ClientError extends Error {
  override readonly name = "ClientError";

  /** @param rejected the message, if the daemon refused one. */
  constructor(
    readonly code: ClientErrorCode,
    sentence: string,
    readonly rejected?: RejectedMessage,
  ) {
    super(sentence);
  }
}

/** The error of everything that still waits when the client is closed. */
export function closedError(): ClientError {
  return new ClientError("closed", "The client is closed; waiting messages are in its outbox.");
}

/** The sentence for a message whose session never began. */
export function describeRefusal(reason: string): string {
  return `The setup of its session was refused: ${reason}`;
}
