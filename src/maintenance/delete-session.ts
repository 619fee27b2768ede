import { DatabaseError, type Liveness, type Store, isLive, lockSession, query } from "../database/index.js";

const ofTrials = "iteration_id in (select unique_id from raw_data where master_table_id = $)";
const ofSession = "master_table_id = $";

/** The rows of a session by table, referring rows before those that they refer to; `$` stands for the session's unique_id. */
const rowsOf = {
  outcome_data: ofTrials,
  param_data: ofTrials,
  raw_data: ofSession,
  strat_data: ofSession,
  config_data: ofSession,
  replay_data: ofSession,
  rejected_data: ofSession,
  master: "unique_id = $",
} as const;

/** How many rows of each table were deleted. */
export type DeletedRows = Readonly<Record<keyof typeof rowsOf, number>>;

/**
 * Deletes every row of a session in every table, in one transaction. SQLite overwrites the rows with zeros; its write-ahead log may
 * hold them until {@link Store.close} has emptied it.
 *
 * @param masterId the session's unique_id in master.
 * @throws DatabaseError `session_live`, `unknown_session`, or as {@link Store.sessionScope} does.
 */
export function deleteSession(database: Store, masterId: number): Promise<DeletedRows> {
  return database.sessionScope(async (manager) => {
    // The lock comes first, so that no message arrives in between.
    const session = await lockSession(manager, masterId);
    if (session === undefined) {
      throw new DatabaseError("unknown_session", `There is no session ${masterId} any more.`);
    }
    const [liveness] = await query<Liveness>(
      manager,
      `select source, message_type as last_type, timestamp as last_at from master
       left join replay_data on master_table_id = master.unique_id and seq = last_seq where master.unique_id = ${masterId}`,
    );
    if (liveness !== undefined && isLive(liveness)) {
      throw new DatabaseError(
        "session_live",
        `The session ${session.sessionId} is live: its last message is less than ten minutes old and is not an exit. End the session, or wait.`,
      );
    }
    const deleted: Record<string, number> = {};
    for (const [table, condition] of Object.entries(rowsOf)) {
      const rows = `from ${table} where ${condition.replace("$", String(masterId))}`;
      const [counted] = await query<{ n: number | string }>(manager, `select count(*) as n ${rows}`);
      deleted[table] = Number(counted?.n);
      await query(manager, `delete ${rows}`);
    }
    return deleted as DeletedRows;
  });
}
