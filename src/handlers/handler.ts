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
   * Derives the rows of a setup.
   *
   * @param current the current session of the connection, if any.
   * @param makeId makes a new UUID.
   * @throws SetupError when no session can be begun; ProtocolError `too_costly` for a config with too many outcome_names.
   */
  derive(
    request: Request,
    message: ReceivedMessage,
    current: Session | undefined,
    makeId: () => string,
  ): SessionWrite;
  /**
   * Makes the members of the reply that only this type has.
   *
   * @param warnings what in the setup's config has no effect.
   */
  answer(stored: StoredMessage, stratId: number, warnings?: readonly string[]): ReplyResult;
}

/** The handler of a message that belongs to a session. */
export interface SessionHandler {
  /** What the message does to the current session of its connection: keeps it, replaces it by the message's own, or ends it. */
  readonly binding: "keeps" | "resumes" | "ends";
  /** Derives the rows of a message. */
  derive(request: Request, message: ReceivedMessage, session: Session): MessageWrite;
  /** Makes the members of the reply that only this type has. */
  answer(stored: StoredMessage, stratId: number, warnings?: readonly string[]): ReplyResult;
}
