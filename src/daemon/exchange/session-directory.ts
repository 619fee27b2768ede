import type { ReadOnlyStore, Session } from "../../database/index.js";

/** The most memory that cached sessions take; the oldest are dropped. */
const maximumBytes = 32 * 1024 * 1024;

/** Approximate memory of a session besides its text, and of each name. */
const bytesOfSession = 512;
const bytesOfName = 32;

interface Entry {
  readonly session: Session;
  readonly bytes: number;
}

/**
 * Caches the sessions that messages name, so that not every message queries for its session. The setup fixes everything
 * that a session's messages are derived with; whether the session still exists is checked with every write.
 */
export class SessionDirectory {
  readonly #sessions = new Map<string, Entry>();
  #bytes = 0;

  constructor(
    readonly database: ReadOnlyStore,
    readonly mostBytes = maximumBytes,
  ) {}

  /** Returns a cached session. */
  recall(id: string): Session | undefined {
    return this.#sessions.get(id)?.session;
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
    this.forget(session.id);
    // A string that was cut out of a frame keeps the whole frame in memory; a copy does not.
    const copy = structuredClone(session);
    const bytes = bytesOf(copy);
    this.#sessions.set(copy.id, { session: copy, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#sessions.keys()) {
      // The newest stays whatever its size, so that its messages need no query each.
      if (this.#bytes <= this.mostBytes || oldest === copy.id) break;
      this.forget(oldest);
    }
    return copy;
  }

  /** Drops a session, for example one that the database no longer has. */
  forget(id: string): void {
    this.#bytes -= this.#sessions.get(id)?.bytes ?? 0;
    this.#sessions.delete(id);
  }
}

function bytesOf({ id, experimentId, trialForm }: Session): number {
  let bytes = bytesOfSession + 2 * (id.length + experimentId.length);
  for (const name of trialForm.outcomeNames) bytes += bytesOfName + 2 * name.length;
  return bytes;
}
