import type { DataSource } from "typeorm";
import { query } from "../../database/index.js";
import { KeptTally } from "../rebuild/kept-trials.js";
import { rebuildSession } from "../rebuild/rebuild-session.js";
import { findDueSessions } from "./plan.js";

/** What deriving the trials of an upgraded file did. */
export interface DerivedTrials {
  /** Sessions whose trials were derived. */
  readonly sessions: number;
  readonly trialsAdded: number;
  /** Trials that AEPsych wrote and whose missing extra_data was filled. */
  readonly extraDataFilled: number;
  /** Trials that AEPsych wrote and whose missing parameters and outcomes were added. */
  readonly trialsCompleted: number;
  /** Tells from which no trials can be derived. */
  readonly underivable: number;
  /** Whether trials that AEPsych wrote match no tells of their session. */
  readonly hasUnmatched: boolean;
  /** Reports of what was left unchanged, one sentence each. */
  readonly notes: readonly string[];
}

/** Derives the trials of the sessions that are due, each in a transaction of its own. */
export async function deriveDueTrials(
  writer: DataSource,
  onProgress: (text: string) => void,
): Promise<DerivedTrials> {
  const due = await findDueSessions(writer.manager);
  const kept = new KeptTally();
  const counts = { trialsAdded: 0, extraDataFilled: 0, trialsCompleted: 0, underivable: 0 };
  for (const [index, masterId] of due.entries()) {
    onProgress(`deriving trials: session ${index + 1} of ${due.length}`);
    await writer.transaction(async (manager) => {
      const session = await rebuildSession(manager, masterId, "write");
      await query(manager, `update master set rebuild_due = null where unique_id = ${masterId}`);
      for (const count of Object.keys(counts) as (keyof typeof counts)[]) counts[count] += session[count];
      kept.add(session.sessionId, session.kept);
    });
  }
  return {
    ...counts,
    sessions: due.length,
    hasUnmatched: kept.hasUnmatched,
    notes: kept.describe(),
  };
}
