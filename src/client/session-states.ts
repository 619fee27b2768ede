import type { OutboxMessage } from "./outbox/outbox.js";
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

  /** Notes which sessions the daemon has, by the messages that the outbox has. */
  noteRestored(waiting: readonly OutboxMessage[]): void {
    for (const message of waiting) if (message.type === "setup") this.of(message.session).setup = message;
    for (const state of this) {
      state.isCommitted = state.setup === undefined;
      // The setup was acknowledged, otherwise it would still be in the outbox.
      if (state.isCommitted) state.highestSeq = 1;
    }
  }

  [Symbol.iterator](): Iterator<SessionState> {
    return this.#states.values();
  }

  /** Resolves when no session has a waiting message; rejects if the client is closed before. */
  async whenEmpty(): Promise<void> {
    await Promise.all([...this].map((state) => state.whenEmpty()));
  }
}
