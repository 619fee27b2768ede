import type { EntityManager } from "typeorm";
import { plural } from "../../common/index.js";
import { readTells } from "./read-tells.js";
import { type RebuildMode, RebuildTally, type SessionRebuild } from "./session-rebuild.js";
import { findSessionId, lockSessionId } from "./session-id.js";
import { countStrayTrials, countWrittenTrials } from "./stored-trials.js";
import { TellRebuild } from "./tell-rebuild.js";
import { WrittenTrialsMatch, fillExtraData, isToldByWritten } from "./written-trials.js";

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
  const sessionId = await (mode === "write" ? lockSessionId : findSessionId)(manager, masterId);
  const tally = new RebuildTally();
  const tells = new TellRebuild(manager, masterId, mode, tally);
  const written = await countWrittenTrials(manager, masterId);
  const match = written === 0 ? undefined : new WrittenTrialsMatch(manager, masterId);
  for await (const tell of readTells(manager, masterId)) {
    if (match === undefined || tell.derivation.kind === "unreadable" || !isToldByWritten(tell)) {
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

/** Fills the extra_data of trials that were derived from no message, where they match the tells. */
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
      `Kept: ${plural(written, "trial")} that no message is noted for; these and the ${plural(match.derived, "trial")} of the tells ` +
        `cannot be matched one by one, ${outcome.mismatch}.`,
    );
    return;
  }
  tally.trialsEqual += written;
  tally.extraDataFilled = outcome.fillable;
  if (outcome.fillable === 0) return;
  tally.describe(`The extra_data of the tells is missing in ${plural(outcome.fillable, "trial")}.`);
  if (mode === "write") await fillExtraData(manager, masterId);
}

/** Notes what else the session has that its log does not account for, after its tells. */
export async function noteKept(manager: EntityManager, masterId: number, tally: RebuildTally): Promise<void> {
  const strays = await countStrayTrials(manager, masterId);
  const { notes, trialsKept } = tally;
  if (strays > 0)
    notes.push(`Kept: ${plural(strays, "trial")} of messages that are no tells of this session.`);
  if (trialsKept > 0) notes.push(`Kept: ${plural(trialsKept, "trial")} of tells that cannot be read.`);
}
