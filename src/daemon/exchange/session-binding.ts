import { type Session, describeDeleted } from "../../database/index.js";
import type { Handler } from "../../handlers/index.js";
import { ProtocolError, type Request, readResumeTarget } from "../../protocol/index.js";
import type { SessionDirectory } from "./session-directory.js";

/** Which sessions a conversation's messages belong to: its current session, and those that its strat_ids number. */
export class SessionBinding {
  /** The strat_ids of the sessions set up or resumed here, by their id; the sessions themselves may be large. */
  readonly #stratIds = new Map<string, number>();
  readonly #ids: string[] = [];
  #currentId: string | undefined;
  #leftId: string | undefined;

  /** @param hasCurrent whether the conversation remembers sessions; if not, every message must name its own. */
  constructor(
    readonly directory: SessionDirectory,
    readonly hasCurrent: boolean,
  ) {}

  /** The id of the session of messages that name none. */
  get currentId(): string | undefined {
    return this.#currentId;
  }

  /** Finds the session whose experiment a setup continues if it names none; a promise when the database must be queried. */
  findContinued(): Session | undefined | Promise<Session | undefined> {
    const id = this.#currentId ?? this.#leftId;
    return id === undefined ? undefined : (this.directory.recall(id) ?? this.directory.find(id));
  }

  /**
   * Finds the session that a message is for; a promise when the database must be queried.
   *
   * @throws ProtocolError `no_session`, `unknown_session` or `deleted`.
   */
  find(request: Request, handler: Handler): Session | Promise<Session> {
    const target = handler.binding === "resumes" ? readResumeTarget(request) : {};
    if (target.stratId !== undefined) {
      const bound = this.#ids[target.stratId];
      if (bound !== undefined) return this.#recall(bound);
      // When messages of an old connection are resent, strat_id means nothing here; `session` names the session.
      if (request.session === undefined)
        throw new ProtocolError(
          "unknown_session",
          `This connection has no strat_id ${target.stratId}; resume with the session's id instead.`,
        );
    }
    const id = target.session ?? request.session ?? this.#currentId;
    if (id === undefined) {
      throw new ProtocolError(
        "no_session",
        this.hasCurrent
          ? "This connection has no session; send a setup or a resume first."
          : "This message names no session; add the member session.",
      );
    }
    return this.#recall(id);
  }

  /** Makes a session current, or ends it, as its message asks; returns its strat_id. */
  bind(binding: "begins" | "resumes" | "ends", session: Session): number {
    if (binding === "ends") {
      if (this.#currentId === session.id) this.#currentId = undefined;
      this.#leftId = undefined;
      return 0;
    }
    const { id } = this.directory.remember(session);
    if (!this.hasCurrent) return 0;
    this.#currentId = id;
    this.#leftId = undefined;
    const stratId = this.#stratIds.get(id);
    if (stratId !== undefined) return stratId;
    this.#stratIds.set(id, this.#ids.length);
    return this.#ids.push(id) - 1;
  }

  #recall(id: string): Session | Promise<Session> {
    return this.directory.recall(id) ?? this.#lookUp(id);
  }

  /**
   * Leaves the current session after a setup or resume was refused: the messages that follow are meant for another session, and would
   * be stored in this one without a word.
   */
  leave(): void {
    this.#leftId = this.#currentId ?? this.#leftId;
    this.#currentId = undefined;
  }

  async #lookUp(id: string): Promise<Session> {
    const session = await this.directory.find(id);
    if (session !== undefined) return session;
    if (await this.directory.database.isDeleted(id)) throw new ProtocolError("deleted", describeDeleted(id));
    throw new ProtocolError("unknown_session", `There is no session ${id}; send a setup to begin one.`);
  }
}
