import type { EntityManager } from "typeorm";
import { describeDifference } from "./compare-trials.js";
import { plural } from "../../common/index.js";
import { TrialInserter, placeholder, query } from "../../database/index.js";
import type { LoggedTell } from "./read-tells.js";
import { replaceTrials } from "./replace-trials.js";
import type { RebuildMode, RebuildTally } from "./session-rebuild.js";
import type { StoredTrial } from "./stored-trials.js";

const unreadableSentence = "The contents of the tell cannot be read, so no trials can be derived from it.";

/** Corrects the stored trials of tells, or in mode "check" reports what would be corrected. */
export class TellRebuild {
  readonly #inserter: TrialInserter;

  constructor(
    readonly manager: EntityManager,
    readonly masterId: number,
    readonly mode: RebuildMode,
    readonly tally: RebuildTally,
  ) {
    this.#inserter = new TrialInserter(manager);
  }

  /** Makes the stored trials and derivation_error of a tell match its contents. */
  async take(tell: LoggedTell): Promise<void> {
    await this.noteError(tell);
    // Never remove the trials of a tell that cannot be read: they could not be derived again.
    if (tell.derivation.kind === "unreadable") this.tally.trialsKept += tell.stored.length;
    else await this.#replace(tell);
  }

  /** Counts a tell, and sets its derivation_error to why it has no trials, or clears it. */
  async noteError({ uniqueId, seq, derivation, derivationError }: LoggedTell): Promise<void> {
    this.tally.tells += 1;
    const error =
      derivation.kind === "trials"
        ? null
        : derivation.kind === "underivable"
          ? derivation.reason
          : (derivationError ?? unreadableSentence);
    if (derivation.kind === "underivable") this.tally.underivable += 1;
    if (derivation.kind === "unreadable") this.tally.unreadable += 1;
    if (error === derivationError) return;
    this.tally.errorsChanged += 1;
    this.tally.describe(
      error === null
        ? `Message ${seq} has a derivation_error although trials can be derived from it.`
        : `Message ${seq} lacks the derivation_error that says why it has no trials: ${error}`,
    );
    if (this.mode === "check") return;
    const sql = `update replay_data set derivation_error = ${placeholder(this.manager, 0)} where unique_id = ${uniqueId}`;
    await query(this.manager, sql, [error]);
  }

  /** Writes the buffered trials, after the last tell. */
  async finish(): Promise<void> {
    await this.#inserter.flush();
  }

  /** Adds, changes and removes trials of a tell; correct ones stay untouched. */
  async #replace(tell: LoggedTell): Promise<void> {
    const { tally, masterId } = this;
    const { seq, timestamp: time, stored } = tell;
    const derived = tell.derivation.kind === "trials" ? tell.derivation.trials : [];
    const changed = derived.slice(0, stored.length).flatMap((trial, index) => {
      const before = stored[index] as StoredTrial;
      const difference = describeDifference(before, trial, time, masterId);
      if (difference === undefined) return [];
      tally.describe(`Message ${seq}, trial ${index + 1}: ${difference}.`);
      return [{ uniqueId: before.uniqueId, trial }];
    });
    const missing = derived.slice(stored.length);
    const surplus = stored.slice(derived.length).map(({ uniqueId }) => uniqueId);
    const wrongNumber = `Message ${seq} tells ${plural(derived.length, "trial")}, but ${stored.length} are stored.`;
    if (missing.length > 0 || surplus.length > 0) tally.describe(wrongNumber);
    tally.trialsEqual += stored.length - changed.length - surplus.length;
    tally.trialsAdded += changed.length + missing.length;
    tally.trialsRemoved += changed.length + surplus.length;
    if (this.mode === "check" || changed.length + missing.length + surplus.length === 0) return;
    if (changed.length + surplus.length > 0)
      await replaceTrials(this.manager, { time, masterId, changed, surplus });
    await this.#inserter.insert({ time, masterId, replayId: tell.uniqueId, trials: missing });
  }
}
