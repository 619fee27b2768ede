import type { Findings } from "./findings.js";
import type { Random } from "./random.js";

/** With what a fault works. */
export interface FaultContext {
  readonly rounds: number;
  readonly random: Random;
  /** A folder on a disk; it is removed afterwards. */
  readonly folder: string;
  /** Modules that every daemon loads first, by their addresses; none but in tests of the harness. */
  readonly imports: readonly string[];
  /** Tells what is going on. */
  readonly note: (text: string) => void;
}

/** One way in which things go wrong. */
export interface Fault {
  /** What `--only` calls it. */
  readonly name: string;
  readonly title: string;
  readonly how: string;
  /** What a round is, where it is not one occurrence of the fault. */
  readonly unit?: string;
  /** How many rounds there are at least when everything is run. */
  readonly rounds: number;
  /** Why it cannot be had on this machine; undefined where it can. */
  readonly whyNot?: () => string | undefined;
  readonly run: (context: FaultContext) => Promise<Findings>;
}
