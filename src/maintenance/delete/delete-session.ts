import type { EntityManager } from "typeorm";
import {
  DatabaseError,
  type Liveness,
  type Read,
  type Store,
  columnText,
  columnTime,
  idLists,
  insertRows,
  isLive,
  lockSession,
  query,
} from "../../database/index.js";
import { RefusedMessages } from "./refused-messages.js";

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

/** Whether deleting a session leaves a record that keeps it from coming back. */
export type DeletionRecord =
  | {
      /** The user and machine that delete the session. */
      readonly by: string;
    }
  | "none";

/**
 * Deletes every row of a session in every table, and the refused messages that name it or its participant, in one transaction; leaves a
 * record, by which its late messages and imports of it are refused. SQLite overwrites the rows with zeros; its write-ahead log may hold
 * them until {@link Store.close} has emptied it.
 *
 * @param masterId the session's unique_id in master.
 * @throws DatabaseError `session_live`, `unknown_session`, or as {@link Store.sessionScope} does.
 */
export async function deleteSession(
  database: Store,
  masterId: number,
  record: DeletionRecord,
): Promise<DeletedRows> {
  // Most refused messages are read before, while messages may be written.
  const refused = await database.readScope((manager) => RefusedMessages.of(readerOf(manager), masterId));
  return database.sessionScope(async (manager) => {
    // The lock comes first, so that no message arrives in between.
    const session = await lockSession(manager, masterId);
    if (session === undefined) {
      throw new DatabaseError("unknown_session", `There is no session ${masterId} any more.`);
    }
    await requireFinished(manager, masterId, session.sessionId);
    const named = await refused.find(readerOf(manager));
    const deleted: Record<string, number> = {};
    for (const [table, condition] of Object.entries(rowsOf))
      deleted[table] = await deleteRows(
        manager,
        `from ${table} where ${condition.replace("$", String(masterId))}`,
      );
    for (const ids of idLists(named)) {
      const more = await deleteRows(manager, `from rejected_data where unique_id in (${ids})`);
      deleted["rejected_data"] = (deleted["rejected_data"] ?? 0) + more;
    }
    if (record !== "none") {
      const count = Object.values(deleted).reduce((sum, rows) => sum + rows, 0);
      const cells = [session.sessionId, columnTime(Date.now()), columnText(record.by), count];
      await insertRows(
        manager,
        "deleted_session",
        ["session_id", "timestamp", "deleted_by", "row_count"],
        cells,
      );
    }
    return deleted as DeletedRows;
  });
}

function liveSession(sessionId: string): DatabaseError {
  return new DatabaseError(
    "session_live",
    `The session ${sessionId} is live: its last message is less than ten minutes old and is not an exit. End the session, or wait.`,
  );
}

async function deleteRows(manager: EntityManager, rows: string): Promise<number> {
  const [counted] = await query<{ n: number | string }>(manager, `select count(*) as n ${rows}`);
  await query(manager, `delete ${rows}`);
  return Number(counted?.n);
}

async function requireFinished(manager: EntityManager, masterId: number, sessionId: string): Promise<void> {
  const [liveness] = await query<Liveness>(
    manager,
    `select source, message_type as last_type, timestamp as last_at from master
     left join replay_data on master_table_id = master.unique_id and seq = last_seq where master.unique_id = ${masterId}`,
  );
  if (liveness !== undefined && isLive(liveness)) throw liveSession(sessionId);
}

function readerOf(manager: EntityManager): Read {
  return (sql, parameters) => query(manager, sql, parameters);
}
