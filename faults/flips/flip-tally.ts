import type { Findings } from "../findings.js";
import type { Bit } from "./flip-bit.js";

/** How a flip was noticed. */
export type Notice = "verify" | "start" | "daemon";

/** Frames that telltale refused have no digest: `verify` cannot notice a change of them, and its documentation says so. */
const uncovered = "rejected_data";

/** Counts flips, those that changed what can be read, and by what these were noticed. */
export class FlipTally {
  #made = 0;
  #changed = 0;
  #uncovered = 0;
  readonly #noticed = { verify: 0, start: 0, daemon: 0 };

  constructor(
    readonly file: string,
    readonly findings: Findings,
  ) {}

  /**
   * @param changes the tables and views that a reader finds changed.
   * @param notices what noticed the flip.
   */
  count({ byte, bit }: Bit, changes: readonly string[], notices: readonly Notice[]): void {
    this.#made += 1;
    if (changes.length === 0) return;
    this.#changed += 1;
    for (const notice of notices) this.#noticed[notice] += 1;
    if (notices.length > 0) return;
    if (changes.every((name) => name === uncovered)) this.#uncovered += 1;
    else
      this.findings.report(
        `Bit ${bit} of byte ${byte} of ${this.file} changed ${changes.join(", ")}, and nothing noticed it.`,
      );
  }

  /** Adds the counts to the notes of the findings. */
  note(): void {
    const { verify, start, daemon } = this.#noticed;
    this.findings.notes.push(
      `${this.file}: ${this.#made} flips, ${this.#changed} changed what can be read; noticed by verify ${verify}, by the start ${start}, by the daemon ${daemon}; ${this.#uncovered} changed only refused frames, which have no digest`,
    );
  }
}
