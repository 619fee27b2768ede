import type { KeptTrials } from "./kept-trials.js";

/** `check` only compares and reports what `write` would do. */
export type RebuildMode = "write" | "check";

/** What rebuilding a session did; in mode "check", what it would do. */
export interface SessionRebuild {
  /** The session's UUID. */
  readonly sessionId: string;
  /** Whether anything was written, or would be. */
  readonly isDifferent: boolean;
  readonly tells: number;
  /** Trials that are correct and stay untouched. */
  readonly trialsEqual: number;
  /** Trials that were missing; a trial that differed counts here and as removed. */
  readonly trialsAdded: number;
  readonly trialsRemoved: number;
  /** Trials that AEPsych wrote and whose missing extra_data was filled. */
  readonly extraDataFilled: number;
  /** Trials that AEPsych wrote and whose missing parameters and outcomes were added. */
  readonly trialsCompleted: number;
  /** Tells whose derivation_error was set or cleared. */
  readonly errorsChanged: number;
  /** Messages whose time at the client was set or changed. */
  readonly timesChanged: number;
  /** Tells from which no trials can be derived. */
  readonly underivable: number;
  /** Tells whose contents are missing or cannot be read. */
  readonly unreadable: number;
  /** The first differences, a sentence each. */
  readonly differences: readonly string[];
  /** The number of differences that are not described. */
  readonly moreDifferences: number;
  /** The trials that were left unchanged although they do not come from the tells. */
  readonly kept: readonly KeptTrials[];
}

const mostDescribed = 20;

/** Counts while a session is rebuilt, and keeps the descriptions of the first differences. */
export class RebuildTally {
  tells = 0;
  trialsEqual = 0;
  trialsAdded = 0;
  trialsRemoved = 0;
  extraDataFilled = 0;
  trialsCompleted = 0;
  errorsChanged = 0;
  timesChanged = 0;
  underivable = 0;
  unreadable = 0;
  /** Trials of tells that cannot be read. */
  trialsKept = 0;
  readonly kept: KeptTrials[] = [];
  readonly #differences: string[] = [];
  #moreDifferences = 0;

  describe(difference: string): void {
    if (this.#differences.length < mostDescribed) this.#differences.push(difference);
    else this.#moreDifferences += 1;
  }

  /** Whether anything must be written. */
  get isDifferent(): boolean {
    const completed = this.extraDataFilled + this.trialsCompleted;
    const { trialsAdded, trialsRemoved, errorsChanged, timesChanged } = this;
    return trialsAdded + trialsRemoved + completed + errorsChanged + timesChanged > 0;
  }

  /** Adds the counts of tells that need no change. */
  addEqual(other: RebuildTally): void {
    this.tells += other.tells;
    this.trialsEqual += other.trialsEqual;
    this.underivable += other.underivable;
    this.unreadable += other.unreadable;
    this.trialsKept += other.trialsKept;
  }

  result(sessionId: string): SessionRebuild {
    return {
      sessionId,
      isDifferent: this.isDifferent,
      tells: this.tells,
      trialsEqual: this.trialsEqual,
      trialsAdded: this.trialsAdded,
      trialsRemoved: this.trialsRemoved,
      extraDataFilled: this.extraDataFilled,
      trialsCompleted: this.trialsCompleted,
      errorsChanged: this.errorsChanged,
      timesChanged: this.timesChanged,
      underivable: this.underivable,
      unreadable: this.unreadable,
      differences: this.#differences,
      moreDifferences: this.#moreDifferences,
      kept: this.kept,
    };
  }
}
