import { type Database, DatabaseError, query } from "../database/index.js";
import type { Value } from "../protocol/index.js";
import { formatTimestamp } from "./time-bound.js";

/** A snapshot of a session, without its contents. */
export interface StratEntry {
  /** Its place among the session's strats: 0, 1, 2 … */
  readonly position: number;
  /** The seq of the message that brought it; null where AEPsych wrote it. */
  readonly seq: number | null;
  /** ISO 8601; without a zone where AEPsych wrote it. */
  readonly timestamp: string | null;
}

const pageSize = 500;

/**
 * The strats of a session in their order.
 *
 * @param masterId the session's unique_id in master.
 * @param first the position at which to begin.
 * @throws DatabaseError `unavailable` when the database cannot be read now.
 */
export async function* streamStrats(
  database: Database,
  masterId: number,
  first = 0,
): AsyncGenerator<StratEntry, undefined, undefined> {
  let [last, position, skipped] = [0, first, first];
  for (;;) {
    const sql = `
      select strat_data.unique_id, strat_data.timestamp, seq from strat_data
      left join replay_data on replay_data.unique_id = replay_table_id
      where strat_data.master_table_id = ${masterId} and strat_data.unique_id > ${last}
      order by strat_data.unique_id limit ${pageSize} offset ${skipped}`;
    const page = await database.readScope((manager) =>
      query<{ unique_id: number; timestamp: string | null; seq: number | null }>(manager, sql),
    );
    for (const { timestamp, seq } of page) {
      yield { position, seq, timestamp: formatTimestamp(timestamp) };
      position += 1;
    }
    const end = page.at(-1);
    if (end === undefined || page.length < pageSize) return undefined;
    last = end.unique_id;
    skipped = 0;
  }
}

/**
 * One strat of a session as it was stored.
 *
 * @param position 0 is the first, −1 the last.
 * @throws DatabaseError `unknown_strat` where there is none at this position, `unavailable`.
 */
export async function readStrat(database: Database, masterId: number, position: number): Promise<Value> {
  const strat = await database.getStratFor(masterId, position);
  if (strat !== undefined) return strat;
  throw new DatabaseError("unknown_strat", `The session has no strat at position ${position}.`);
}
