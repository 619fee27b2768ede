import type { Database, Session } from "../database/index.js";

const maximumSessions = 10_000;

/**
 * The sessions that messages name, so that not every message looks its session up. What a session's messages are derived with
 * is fixed by its setup; whether the session still exists is asked of the database with every write.
 */
export class SessionDirectory {
  readonly #sessions = new Map<string, Session>();

  constructor(readonly database: Database) {}

  /** The session, if it is known without asking the database. */
  recall(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  /**
   * The session of this id, undefined where there is none.
   *
   * @throws DatabaseError `unavailable`.
   */
  async find(id: string): Promise<Session | undefined> {
    const known = this.recall(id);
    if (known !== undefined) return known;
    const session = await this.database.findSession(id);
    return session === undefined ? undefined : this.remember(session);
  }

  /** Keeps a session, and gives the copy that is kept. */
  remember(session: Session): Session {
    // A text that was cut out of a frame keeps the whole frame in memory; a copy does not.
    const copy = structuredClone(session);
    this.#sessions.set(copy.id, copy);
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > maximumSessions && oldest !== undefined) this.#sessions.delete(oldest);
    return copy;
  }

  /** The session is gone from the database. */
  forget(id: string): void {
    this.#sessions.delete(id);
  }
}
