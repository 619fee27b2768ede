import { type ReadOnlyStore, query } from "../database/index.js";

/** How exactly it is known when the messages of a session were made. */
export interface SessionTiming {
  /** When its first message was made; null if the client did not say. */
  readonly firstOccurredAt: string | null;
  /** Whether any of its tells has the time when it was made. */
  readonly hasOccurrences: boolean;
  /** The largest uncertainty of its tells, in ms; null if none has one. */
  readonly maximumUncertaintyMs: number | null;
  /** How many tells have a time, but no uncertainty. */
  readonly uncertain: number;
}

/**
 * Reads how exactly the times of a session are known.
 *
 * @param masterId the session's unique_id in master.
 * @throws DatabaseError `unavailable` when the database cannot be read now.
 */
export async function readSessionTiming(store: ReadOnlyStore, masterId: number): Promise<SessionTiming> {
  return store.readScope(async (manager) => {
    const [first] = await query<{ occurred_at: string | null }>(
      manager,
      `select occurred_at from replay_data where master_table_id = ${masterId} order by seq limit 1`,
    );
    const [row] = await query<{ times: number | string; known: number | string; most: number | null }>(
      manager,
      `select count(*) as times, count(clock_uncertainty_ms) as known, max(clock_uncertainty_ms) as most from replay_data
       where master_table_id = ${masterId} and message_type = 'tell' and occurred_at is not null`,
    );
    return {
      firstOccurredAt: first?.occurred_at ?? null,
      hasOccurrences: Number(row?.times) > 0,
      maximumUncertaintyMs: row?.most ?? null,
      uncertain: Number(row?.times) - Number(row?.known),
    };
  });
}
