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
    const session = this.recall(id) ?? (await this.database.findSession(id));
    if (session !== undefined) this.remember(session);
    return session;
  }

  remember(session: Session): void {
    this.#sessions.set(session.id, session);
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > maximumSessions && oldest !== undefined) this.#sessions.delete(oldest);
  }

  /** The session is gone from the database. */
  forget(id: string): void {
    this.#sessions.delete(id);
  }
}
