import type {
  MessageWrite,
  ReceivedMessage,
  Session,
  SessionWrite,
  StoredMessage,
} from "../derivation/index.js";
import type { ReplyResult, Request } from "../protocol/index.js";

/** What telltale does with the messages of one type. Handlers are pure: they hold no socket and touch no database. */
export type Handler = SetupHandler | SessionHandler;

/** The handler of the message that begins a session. */
export interface SetupHandler {
  readonly binding: "begins";
  /**
   * What the message is to leave in the database.
   *
   * @param current the session that the connection is in, if any.
   * @param makeId gives a new UUID.
   * @throws SetupError when no session can be begun.
   */
  derive(
    request: Request,
    message: ReceivedMessage,
    current: Session | undefined,
    makeId: () => string,
  ): SessionWrite;
  /** What the reply has beside the members of every reply. */
  answer(stored: StoredMessage, stratId: number): ReplyResult;
}

/** The handler of a message that belongs to a session. */
export interface SessionHandler {
  /** What the message does to the connection's current session: nothing, makes this session it, or ends it. */
  readonly binding: "keeps" | "resumes" | "ends";
  /** What the message is to leave in the database. */
  derive(request: Request, message: ReceivedMessage, session: Session): MessageWrite;
  /** What the reply has beside the members of every reply. */
  answer(stored: StoredMessage, stratId: number): ReplyResult;
}

/** The write of a message that leaves nothing but its replay row. */
export function storeOnly(_request: Request, message: ReceivedMessage, session: Session): MessageWrite {
  return {
    kind: "message",
    message,
    sessionId: session.id,
    trials: [],
    derivationError: null,
    isStrat: false,
  };
}
