import type { ErrorCode } from "../protocol/error-code.js";
import type { RejectedMessage } from "./outbox/outbox.js";

/** Why a message was refused for good: a code of the protocol, or one of the client's own. */
export type RejectionCode =
  | ErrorCode
  /** The daemon takes no message of this size. */
  | "too_large"
  /** It holds what no message can say, a function for example. */
  | "unencodable"
  /** The setup of its session was refused. */
  | "setup_refused";

/** Why something of the client failed. */
export type ClientErrorCode =
  | RejectionCode
  /** An option is not what it should be. */
  | "bad_option"
  /** The client was closed before the message was acknowledged; what was in the outbox stays there. */
  | "closed"
  /** Another program has the outbox open. */
  | "outbox_in_use"
  /** The outbox cannot be opened, or what should be one is none. */
  | "outbox_unreadable";

/** What the client could not do; `message` is one sentence that says what happened and what to do. */
export class ClientError extends Error {
  override readonly name = "ClientError";

  /** @param rejected the message, where one was refused for good. */
  constructor(
    readonly code: ClientErrorCode,
    sentence: string,
    readonly rejected?: RejectedMessage,
  ) {
    super(sentence);
  }
}
