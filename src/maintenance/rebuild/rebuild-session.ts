import type { EntityManager } from "typeorm";
import { plural } from "../../common/index.js";
import { mayBeWritten } from "./align-written.js";
import { findWrongOccurrences, writeOccurrence } from "./occurrences.js";
import { readTells } from "./read-tells.js";
import { type RebuildMode, RebuildTally, type SessionRebuild } from "./session-rebuild.js";
import { findSessionId, lockSessionId } from "./session-id.js";
import { countStrayTrials, countWrittenTrials } from "./stored-trials.js";
import { TellRebuild } from "./tell-rebuild.js";
import { compareWrittenTrials, completeWrittenTrials } from "./written-trials.js";

/**
 * Derives the trials of a session again from its log and writes those that are missing or differ. Trials without a message (AEPsych
 * wrote them itself) keep what they have; what they lack of their tells is added where they match: extra_data, parameters, outcomes, and
 * trials that AEPsych did not write. Uses little memory however long the session is.
 *
 * @param manager of an open transaction; in mode "check" a reader's is enough.
 * @param masterId the session's unique_id.
 * @throws DatabaseError `unknown_session`.
 */
export async function rebuildSession(
  manager: EntityManager,
  masterId: number,
  mode: RebuildMode,
): Promise<SessionRebuild> {
  const sessionId = await (mode === "write" ? lockSessionId : findSessionId)(manager, masterId);
  const tally = new RebuildTally();
  const tells = new TellRebuild(manager, masterId, mode, tally);
  const written = await countWrittenTrials(manager, masterId);
  for await (const tell of readTells(manager, masterId)) {
    if (written > 0 && tell.derivation.kind !== "unreadable" && mayBeWritten(tell))
      await tells.noteError(tell);
    else await tells.take(tell);
  }
  await tells.finish();
  if (written > 0) await rebuildWritten(manager, masterId, mode, tally, written);
  for await (const wrong of findWrongOccurrences(manager, masterId, tally))
    if (mode === "write") await writeOccurrence(manager, wrong);
  await noteKept(manager, masterId, tally);
  return tally.result(sessionId);
}

/** Adds what the trials without a message lack, where they match the tells. */
async function rebuildWritten(
  manager: EntityManager,
  masterId: number,
  mode: RebuildMode,
  tally: RebuildTally,
  written: number,
): Promise<void> {
  const found = await compareWrittenTrials(manager, masterId, written);
  const { alignment, matched, fillable, incomplete, absent, kept } = found;
  if (kept !== undefined) tally.kept.push(kept);
  tally.trialsEqual += matched - incomplete;
  tally.extraDataFilled = fillable;
  tally.trialsCompleted = incomplete;
  tally.trialsAdded += absent;
  if (fillable > 0) tally.describe(`The extra_data of the tells is missing in ${plural(fillable, "trial")}.`);
  if (incomplete > 0)
    tally.describe(
      `Parameters or outcomes of the tells are missing in ${plural(incomplete, "trial")} that AEPsych wrote.`,
    );
  if (absent > 0) tally.describe(`AEPsych did not write ${plural(absent, "trial")} of the tells.`);
  if (mode === "write" && alignment !== undefined && fillable + incomplete + absent > 0)
    await completeWrittenTrials(manager, masterId, alignment);
}

/** Notes the trials that do not come from the session's tells and are kept. */
export async function noteKept(manager: EntityManager, masterId: number, tally: RebuildTally): Promise<void> {
  const strays = await countStrayTrials(manager, masterId);
  const { kept, trialsKept } = tally;
  if (strays > 0) kept.push({ kind: "stray", trials: strays, example: "" });
  if (trialsKept > 0) kept.push({ kind: "unreadable", trials: trialsKept, example: "" });
}
