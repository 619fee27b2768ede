import type { EntityManager } from "typeorm";
import { describeDifference } from "./compare-trials.js";
import { DatabaseError } from "./database-error.js";
import { TrialInserter } from "./insert-trials.js";
import { type LoggedTell, readTells } from "./read-tells.js";
import { replaceTrials } from "./replace-trials.js";
import { placeholder, query } from "./rows.js";
import { RebuildTally, type SessionRebuild } from "./session-rebuild.js";
import { type StoredTrial, countStrayTrials, countWrittenTrials } from "./stored-trials.js";
import { WrittenTrialsMatch, fillExtraData, isToldByWritten } from "./written-trials.js";

/** `check` only compares, and says what `write` would do. */
export type RebuildMode = "write" | "check";

const unreadableSentence = "The contents of the tell cannot be read, so no trials can be derived from it.";

/**
 * Derives the trials of a session again from its log, and writes those that are missing or differ. Trials that were derived
 * from no message (AEPsych wrote them itself) are kept as they are: only extra_data that they lack is filled, where they are the trials of
 * the tells one by one. Of a session of any length little is in memory.
 *
 * @param manager of an open transaction; to check, that of a reader does.
 * @param masterId the session's unique_id.
 * @throws DatabaseError `unknown_session`.
 */
export async function rebuildSession(
  manager: EntityManager,
  masterId: number,
  mode: RebuildMode,
): Promise<SessionRebuild> {
  const sessionId = await readSessionId(manager, masterId, mode);
  const tally = new RebuildTally();
  const session = new Rebuild(manager, masterId, mode, tally);
  const written = await countWrittenTrials(manager, masterId);
  const match = written === 0 ? undefined : new WrittenTrialsMatch(manager, masterId);
  for await (const tell of readTells(manager, masterId)) {
    tally.tells += 1;
    await session.noteError(tell);
    if (tell.derivation.kind === "unreadable") session.keep(tell);
    else if (match === undefined || !isToldByWritten(tell)) await session.replace(tell);
    else if (tell.derivation.kind === "trials") await match.put(tell, tell.derivation.trials);
  }
  await session.finish();
  if (match !== undefined) await session.fill(match, written);
  await session.noteStrays();
  return tally.result(sessionId);
}

class Rebuild {
  readonly #inserter: TrialInserter;
  #keptTrials = 0;

  constructor(
    readonly manager: EntityManager,
    readonly masterId: number,
    readonly mode: RebuildMode,
    readonly tally: RebuildTally,
  ) {
    this.#inserter = new TrialInserter(manager);
  }

  /** Makes derivation_error say why the tell has no trials, or that nothing is wrong. */
  async noteError({ uniqueId, seq, derivation, derivationError }: LoggedTell): Promise<void> {
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
        ? `Message ${seq} is said to be underivable, and trials can be derived from it.`
        : `Message ${seq} does not say why it has no trials: ${error}`,
    );
    if (this.mode === "check") return;
    const sql = `update replay_data set derivation_error = ${placeholder(this.manager, 0)} where unique_id = ${uniqueId}`;
    await query(this.manager, sql, [error]);
  }

  /** Keeps the trials of a tell that cannot be read: nothing could bring them back. */
  keep({ stored }: LoggedTell): void {
    this.#keptTrials += stored.length;
  }

  /** Writes what waits, after the last tell. */
  async finish(): Promise<void> {
    await this.#inserter.flush();
  }

  /** Gives a tell the trials that are derived from it; those that it has already stay untouched. */
  async replace(tell: LoggedTell): Promise<void> {
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
    const trialsHeld = `Message ${seq} holds ${count(derived.length, "trial")}, and has ${stored.length}.`;
    if (missing.length > 0 || surplus.length > 0) tally.describe(trialsHeld);
    tally.trialsEqual += stored.length - changed.length - surplus.length;
    tally.trialsAdded += changed.length + missing.length;
    tally.trialsRemoved += changed.length + surplus.length;
    if (this.mode === "check" || changed.length + missing.length + surplus.length === 0) return;
    if (changed.length + surplus.length > 0)
      await replaceTrials(this.manager, { time, masterId, changed, surplus });
    await this.#inserter.insert({ time, masterId, replayId: tell.uniqueId, trials: missing });
  }

  /** Fills the extra_data of trials that were derived from no message, where they match the tells. */
  async fill(match: WrittenTrialsMatch, written: number): Promise<void> {
    const { tally } = this;
    const outcome = await match.finish();
    if ("mismatch" in outcome) {
      tally.notes.push(
        `Kept: ${count(written, "trial")} that no message is noted for; these and the ${count(match.derived, "trial")} of the tells ` +
          `cannot be matched one by one, ${outcome.mismatch}.`,
      );
      return;
    }
    tally.trialsEqual += written;
    tally.extraDataFilled = outcome.fillable;
    if (outcome.fillable === 0) return;
    tally.describe(`The extra_data of the tells is missing in ${count(outcome.fillable, "trial")}.`);
    if (this.mode === "write") await fillExtraData(this.manager, this.masterId);
  }

  /** Says what else the session has that its log does not account for. */
  async noteStrays(): Promise<void> {
    const strays = await countStrayTrials(this.manager, this.masterId);
    const { notes } = this.tally;
    if (strays > 0)
      notes.push(`Kept: ${count(strays, "trial")} of messages that are no tells of this session.`);
    if (this.#keptTrials > 0)
      notes.push(`Kept: ${count(this.#keptTrials, "trial")} of tells that cannot be read.`);
  }
}

/** To write, the session's row is locked first, so that nobody writes to the session meanwhile. */
async function readSessionId(manager: EntityManager, masterId: number, mode: RebuildMode): Promise<string> {
  const ofThis = `where unique_id = ${masterId}`;
  const [row] = await query<{ session_id: string }>(
    manager,
    mode === "write"
      ? `update master set last_seq = last_seq ${ofThis} returning session_id`
      : `select session_id from master ${ofThis}`,
  );
  if (row !== undefined) return row.session_id;
  throw new DatabaseError("unknown_session", `There is no session with the unique_id ${masterId}.`);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
