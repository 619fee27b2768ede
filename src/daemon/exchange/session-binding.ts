import { type Session, describeDeleted } from "../../database/index.js";
import type { Handler } from "../../handlers/index.js";
import { ProtocolError, type Request, readResumeTarget } from "../../protocol/index.js";
import type { SessionDirectory } from "./session-directory.js";

/** Which sessions a conversation's messages belong to: its current session, and those that its strat_ids number. */
export class SessionBinding {
  /** The sessions set up or resumed here; the index of a session is its strat_id. */
  readonly #sessions: Session[] = [];
  #current: Session | undefined;
  #left: Session | undefined;

  /** @param hasCurrent whether the conversation remembers sessions; if not, every message must name its own. */
  constructor(
    readonly directory: SessionDirectory,
    readonly hasCurrent: boolean,
  ) {}

  /** The session of messages that name none. */
  get current(): Session | undefined {
    return this.#current;
  }

  /** The session whose experiment a setup continues if it names none. */
  get continued(): Session | undefined {
    return this.#current ?? this.#left;
  }

  /**
   * Finds the session that a message is for; a promise when the database must be queried.
   *
   * @throws ProtocolError `no_session`, `unknown_session` or `deleted`.
   */
  find(request: Request, handler: Handler): Session | Promise<Session> {
    const target = handler.binding === "resumes" ? readResumeTarget(request) : {};
    if (target.stratId !== undefined) {
      const session = this.#sessions[target.stratId];
      if (session !== undefined) return session;
      // When messages of an old connection are resent, strat_id means nothing here; `session` names the session.
      if (request.session === undefined)
        throw new ProtocolError(
          "unknown_session",
          `This connection has no strat_id ${target.stratId}; resume with the session's id instead.`,
        );
    }
    const id = target.session ?? request.session ?? this.#current?.id;
    if (id === undefined) {
      throw new ProtocolError(
        "no_session",
        this.hasCurrent
          ? "This connection has no session; send a setup or a resume first."
          : "This message names no session; add the member session.",
      );
    }
    if (id === this.#current?.id) return this.#current;
    return this.directory.recall(id) ?? this.#lookUp(id);
  }

  /** Makes a session current, or ends it, as its message asks; returns its strat_id. */
  bind(binding: "begins" | "resumes" | "ends", session: Session): number {
    if (binding === "ends") {
      if (this.#current?.id === session.id) this.#current = undefined;
      this.#left = undefined;
      return 0;
    }
    const remembered = this.directory.remember(session);
    if (!this.hasCurrent) return 0;
    this.#current = remembered;
    this.#left = undefined;
    const place = this.#sessions.findIndex(({ id }) => id === session.id);
    return place === -1 ? this.#sessions.push(remembered) - 1 : place;
  }

  /**
   * Leaves the current session after a setup or resume was refused: the messages that follow are meant for another session, and would
   * be stored in this one without a word.
   */
  leave(): void {
    this.#left = this.continued;
    this.#current = undefined;
  }

  async #lookUp(id: string): Promise<Session> {
    const session = await this.directory.find(id);
    if (session !== undefined) return session;
    if (await this.directory.database.isDeleted(id)) throw new ProtocolError("deleted", describeDeleted(id));
    throw new ProtocolError("unknown_session", `There is no session ${id}; send a setup to begin one.`);
  }
}
