import type { ReadOnlyStore, Session } from "../../database/index.js";

const maximumSessions = 10_000;

/**
 * Caches the sessions that messages name, so that not every message queries for its session. The setup fixes everything
 * that a session's messages are derived with; whether the session still exists is checked with every write.
 */
export class SessionDirectory {
  readonly #sessions = new Map<string, Session>();

  constructor(readonly database: ReadOnlyStore) {}

  /** Returns a cached session. */
  recall(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  /**
   * Returns the session with this id, undefined if there is none.
   *
   * @throws DatabaseError `unavailable`.
   */
  async find(id: string): Promise<Session | undefined> {
    const known = this.recall(id);
    if (known !== undefined) return known;
    const session = await this.database.findSession(id);
    return session === undefined ? undefined : this.remember(session);
  }

  /** Caches a copy of a session, and returns the copy. */
  remember(session: Session): Session {
    // A string that was cut out of a frame keeps the whole frame in memory; a copy does not.
    const copy = structuredClone(session);
    this.#sessions.set(copy.id, copy);
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > maximumSessions && oldest !== undefined) this.#sessions.delete(oldest);
    return copy;
  }

  /** Drops a session that the database no longer has. */
  forget(id: string): void {
    this.#sessions.delete(id);
  }
}
