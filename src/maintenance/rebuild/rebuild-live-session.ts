import type { EntityManager } from "typeorm";
import { type Store, countCharacters } from "../../database/index.js";
import { type LoggedTell, readTells } from "./read-tells.js";
import { type WrongOccurrence, findWrongOccurrences, writeOccurrence } from "./occurrences.js";
import { noteKept, rebuildSession } from "./rebuild-session.js";
import { findSessionId, lockSessionId } from "./session-id.js";
import { RebuildTally, type SessionRebuild } from "./session-rebuild.js";
import { countWrittenTrials, readDerivedTrials } from "./stored-trials.js";
import { TellRebuild } from "./tell-rebuild.js";

/**
 * As {@link rebuildSession} in mode "write", for a session that may be live: other writers wait only while the differences are
 * written, in one transaction, not while they are searched for. A session without differences is never locked.
 *
 * @throws DatabaseError `unknown_session`, or as the scopes do.
 */
export async function rebuildLiveSession(
  database: Pick<Store, "readScope" | "sessionScope">,
  masterId: number,
): Promise<SessionRebuild> {
  const found = await database.readScope((manager) => compareSession(manager, masterId));
  if (found.kind === "equal") return found.session;
  return database.sessionScope((manager) =>
    found.kind === "whole"
      ? rebuildSession(manager, masterId, "write")
      : writeDifferences(manager, masterId, found.comparison),
  );
}

type Found =
  | { readonly kind: "equal"; readonly session: SessionRebuild }
  | { readonly kind: "tells"; readonly comparison: Comparison }
  /** Trials that AEPsych wrote itself can only be compared all together. */
  | { readonly kind: "whole" };

async function compareSession(manager: EntityManager, masterId: number): Promise<Found> {
  const sessionId = await findSessionId(manager, masterId);
  if ((await countWrittenTrials(manager, masterId)) > 0) {
    const session = await rebuildSession(manager, masterId, "check");
    return session.isDifferent ? { kind: "whole" } : { kind: "equal", session };
  }
  const comparison = new Comparison();
  for await (const tell of readTells(manager, masterId)) {
    const tally = new RebuildTally();
    await new TellRebuild(manager, masterId, "check", tally).take(tell);
    comparison.add(tell, tally);
    if (comparison.isFull) break;
  }
  for await (const wrong of findWrongOccurrences(manager, masterId, comparison.equal))
    comparison.occurrences.push(wrong);
  if (comparison.differing.length + comparison.occurrences.length > 0) return { kind: "tells", comparison };
  const { equal } = comparison;
  await noteKept(manager, masterId, equal);
  return { kind: "equal", session: equal.result(sessionId) };
}

/** How much of a comparison is kept in memory; tells after that are derived while the session is locked. */
const mostKept = { trials: 100_000, characters: 16 * 1024 * 1024 };

/** The result of comparing the tells of a session, up to `lastSeq`. */
class Comparison {
  readonly equal = new RebuildTally();
  readonly differing: LoggedTell[] = [];
  readonly occurrences: WrongOccurrence[] = [];
  lastSeq = 0;
  #trials = 0;
  #characters = 0;

  get isFull(): boolean {
    return this.#trials >= mostKept.trials || this.#characters >= mostKept.characters;
  }

  add(tell: LoggedTell, tally: RebuildTally): void {
    this.lastSeq = tell.seq;
    if (!tally.isDifferent) {
      this.equal.addEqual(tally);
      return;
    }
    this.differing.push({ ...tell, message: undefined, extraInfo: undefined, stored: [] });
    this.#trials += 1;
    if (tell.derivation.kind !== "trials") return;
    for (const trial of tell.derivation.trials) {
      this.#trials += 1;
      this.#characters += countCharacters(trial);
    }
  }
}

async function writeDifferences(
  manager: EntityManager,
  masterId: number,
  { equal, differing, occurrences, lastSeq }: Comparison,
): Promise<SessionRebuild> {
  const sessionId = await lockSessionId(manager, masterId);
  if ((await countWrittenTrials(manager, masterId)) > 0) return rebuildSession(manager, masterId, "write");
  const tally = equal;
  const tells = new TellRebuild(manager, masterId, "write", tally);
  for await (const tell of readStoredAgain(manager, differing)) await tells.take(tell);
  for await (const tell of readTells(manager, masterId, lastSeq)) await tells.take(tell);
  await tells.finish();
  for (const wrong of occurrences) await writeOccurrence(manager, wrong);
  await noteKept(manager, masterId, tally);
  return tally.result(sessionId);
}

const pageSize = 200;

/** The tells with the trials that they have now: another process may have rebuilt the session in the meantime. */
async function* readStoredAgain(
  manager: EntityManager,
  tells: readonly LoggedTell[],
): AsyncGenerator<LoggedTell, undefined, undefined> {
  for (let start = 0; start < tells.length; start += pageSize) {
    const page = tells.slice(start, start + pageSize);
    const stored = await readDerivedTrials(
      manager,
      page.map(({ uniqueId }) => uniqueId),
    );
    for (const tell of page) yield { ...tell, stored: stored.get(tell.uniqueId) ?? [] };
  }
  return undefined;
}
