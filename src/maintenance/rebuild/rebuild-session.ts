import type { EntityManager } from "typeorm";
import { plural } from "../../common/index.js";
import { readTells } from "./read-tells.js";
import { type RebuildMode, RebuildTally, type SessionRebuild } from "./session-rebuild.js";
import { findSessionId, lockSessionId } from "./session-id.js";
import { countStrayTrials, countWrittenTrials } from "./stored-trials.js";
import { TellRebuild } from "./tell-rebuild.js";
import { WrittenTrialsMatch, fillExtraData, mayBeWritten } from "./written-trials.js";

/**
 * Derives the trials of a session again from its log and writes those that are missing or differ. Trials without a message (AEPsych
 * wrote them itself) stay as they are, except that missing extra_data is filled if they match the trials of the tells one by one. Uses
 * little memory however long the session is.
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
  const match = written === 0 ? undefined : new WrittenTrialsMatch(manager, masterId);
  for await (const tell of readTells(manager, masterId)) {
    if (match === undefined || tell.derivation.kind === "unreadable" || !mayBeWritten(tell)) {
      await tells.take(tell);
      continue;
    }
    await tells.noteError(tell);
    if (tell.derivation.kind === "trials") await match.put(tell, tell.derivation.trials);
  }
  await tells.finish();
  if (match !== undefined) await fillMatched(manager, masterId, mode, tally, match, written);
  await noteKept(manager, masterId, tally);
  return tally.result(sessionId);
}

/** Fills the extra_data of trials without a message, if they match the tells. */
async function fillMatched(
  manager: EntityManager,
  masterId: number,
  mode: RebuildMode,
  tally: RebuildTally,
  match: WrittenTrialsMatch,
  written: number,
): Promise<void> {
  const outcome = await match.finish();
  if ("mismatch" in outcome) {
    tally.notes.push(
      `Kept: ${plural(written, "trial")} without a message. They do not match the ${plural(match.derived, "trial")} of the tells ` +
        `one by one: ${outcome.mismatch}.`,
    );
    return;
  }
  tally.trialsEqual += written;
  tally.extraDataFilled = outcome.fillable;
  if (outcome.fillable === 0) return;
  tally.describe(`The extra_data of the tells is missing in ${plural(outcome.fillable, "trial")}.`);
  if (mode === "write") await fillExtraData(manager, masterId);
}

/** Notes the trials that do not come from the session's tells and are kept. */
export async function noteKept(manager: EntityManager, masterId: number, tally: RebuildTally): Promise<void> {
  const strays = await countStrayTrials(manager, masterId);
  const { notes, trialsKept } = tally;
  if (strays > 0)
    notes.push(`Kept: ${plural(strays, "trial")} of messages that are not tells of this session.`);
  if (trialsKept > 0) notes.push(`Kept: ${plural(trialsKept, "trial")} of tells that cannot be read.`);
}
