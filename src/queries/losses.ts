import { type ReadOnlyStore, query } from "../database/index.js";

/** Tells of a session that gave no trial, for one reason. */
export interface UnderivableReason {
  /** The derivation_error of the tells. */
  readonly reason: string;
  readonly tells: number;
  /** The seq of the first of them. */
  readonly first_seq: number;
}

/** Rejected messages with one error code and sentence. */
export interface RejectedReason {
  /** The protocol's error code. */
  readonly code: string;
  /** The error sentence that the client received. */
  readonly reason: string;
  readonly messages: number;
}

/**
 * SQL that is 1 for a tell that gave no trial, else 0. Only for a tell without a trial is derivation_error read: in a row, it lies
 * behind the contents, which may be large.
 *
 * @param row the name of the replay_data row.
 */
export function isUnderivable(row: string): string {
  return `case when ${row}.message_type <> 'tell' then 0
    when exists (select 1 from raw_data where replay_table_id = ${row}.unique_id) then 0
    when ${row}.derivation_error is null then 0 else 1 end`;
}

/** Reasons that are listed; a client could cause any number. */
const maximumReasons = 20;

/**
 * Why tells of a session gave no trial, the most frequent reason first; at most 20 reasons.
 *
 * @throws DatabaseError `unavailable` when the database cannot be read now.
 */
export async function readUnderivableReasons(
  store: ReadOnlyStore,
  masterId: number,
): Promise<UnderivableReason[]> {
  const rows = await store.readScope((manager) =>
    query<{ reason: string; tells: number | string; first_seq: number }>(
      manager,
      `select derivation_error as reason, count(*) as tells, min(seq) as first_seq from replay_data as tell
       where master_table_id = ${masterId} and ${isUnderivable("tell")} = 1
       group by derivation_error order by tells desc, first_seq limit ${maximumReasons}`,
    ),
  );
  return rows.map((row) => ({ ...row, tells: Number(row.tells) }));
}

/**
 * Why messages were rejected, the most frequent reason first; at most 20 reasons.
 *
 * @param masterId the session's unique_id in master; null for the messages of connections without a session.
 * @throws DatabaseError `unavailable` when the database cannot be read now.
 */
export async function readRejectedReasons(
  store: ReadOnlyStore,
  masterId: number | null,
): Promise<RejectedReason[]> {
  const condition = masterId === null ? "is null" : `= ${masterId}`;
  const rows = await store.readScope((manager) =>
    query<{ code: string; reason: string; messages: number | string }>(
      manager,
      `select code, reason, count(*) as messages from rejected_data where master_table_id ${condition}
       group by code, reason order by messages desc, min(unique_id) limit ${maximumReasons}`,
    ),
  );
  return rows.map((row) => ({ ...row, messages: Number(row.messages) }));
}
