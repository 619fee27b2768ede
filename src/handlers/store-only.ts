import type { MessageWrite, ReceivedMessage, Session } from "../derivation/index.js";
import type { Request } from "../protocol/index.js";
import type { SessionHandler } from "./handler.js";

/** Makes the write of a message that leaves only its replay row. */
export function writeMessage(_request: Request, message: ReceivedMessage, session: Session): MessageWrite {
  return {
    kind: "message",
    message,
    sessionId: session.id,
    trials: [],
    derivationError: null,
    isStrat: false,
  };
}

/** Stores a message and does nothing else. */
export const storeOnly: SessionHandler = { binding: "keeps", derive: writeMessage, answer: () => undefined };
