import { SessionState } from "./session-state.js";

/** The states of all sessions that this client has met. */
export class SessionStates {
  readonly #states = new Map<string, SessionState>();

  /** The state of a session; a new one for an unknown id. */
  of(id: string): SessionState {
    const known = this.#states.get(id);
    if (known !== undefined) return known;
    const state = new SessionState(id);
    this.#states.set(id, state);
    return state;
  }

  [Symbol.iterator](): Iterator<SessionState> {
    return this.#states.values();
  }

  /** Resolves when no session has a waiting message; rejects if the client is closed before. */
  async whenEmpty(): Promise<void> {
    await Promise.all([...this].map((state) => state.whenEmpty()));
  }
}
