import { plural } from "../../common/index.js";

/** Why trials stay as they are although they do not come from the session's tells. */
export type KeptKind = "unmatched" | "differing" | "stray" | "unreadable";

/** Trials of a session that a rebuild leaves as they are. */
export interface KeptTrials {
  readonly kind: KeptKind;
  readonly trials: number;
  /** Where and what is the first of them; empty if there is nothing more to say. */
  readonly example: string;
}

const reasons: Readonly<Record<KeptKind, string>> = {
  unmatched: "without a message, which are not those of the tells of their session",
  differing: "without a message, whose values are not those of their tells",
  stray: "of messages that are not tells of their session",
  unreadable: "of tells that cannot be read",
};

/** Collects the trials that rebuilding several sessions left as they are, and describes them in one line a kind. */
export class KeptTally {
  readonly #kinds = new Map<KeptKind, { trials: number; sessions: number; readonly first: string }>();

  add(sessionId: string, kept: readonly KeptTrials[]): void {
    for (const { kind, trials, example } of kept) {
      const so = this.#kinds.get(kind) ?? { trials: 0, sessions: 0, first: place(sessionId, example) };
      so.trials += trials;
      so.sessions += 1;
      this.#kinds.set(kind, so);
    }
  }

  /** Whether trials could not be matched with the tells of their session. */
  get hasUnmatched(): boolean {
    return this.#kinds.has("unmatched") || this.#kinds.has("differing");
  }

  /** A sentence for each kind. */
  describe(): string[] {
    return [...this.#kinds].map(
      ([kind, { trials, sessions, first }]) =>
        `Kept: ${plural(trials, "trial")} ${reasons[kind]}, in ${plural(sessions, "session")}; the first in ${first}.`,
    );
  }
}

function place(sessionId: string, example: string): string {
  return example === "" ? `session ${sessionId}` : `session ${sessionId}: ${example}`;
}
