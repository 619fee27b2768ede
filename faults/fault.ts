import type { Findings } from "./findings.js";
import type { Random } from "./random.js";

/** What a fault gets to work with. */
export interface FaultContext {
  readonly rounds: number;
  readonly random: Random;
  /** A folder on a disk; removed afterwards. */
  readonly folder: string;
  /** URLs of modules that every daemon loads first; empty except in tests of the harness. */
  readonly imports: readonly string[];
  /** Reports progress. */
  readonly note: (text: string) => void;
}

/** A kind of fault. */
export interface Fault {
  /** The name for `--only`. */
  readonly name: string;
  readonly title: string;
  readonly how: string;
  /** The meaning of a round, if it is not one occurrence of the fault. */
  readonly unit?: string;
  /** The number of rounds in a full run. */
  readonly rounds: number;
  /** Why this fault cannot run on this machine; undefined if it can. */
  readonly whyNot?: () => string | undefined;
  readonly run: (context: FaultContext) => Promise<Findings>;
}
