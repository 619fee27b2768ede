import { type ReadOnlyStore, DatabaseError, query } from "../database/index.js";

/**
 * Looks, at the end of what was read of a session, whether the session is still there: what was read of one that is not is only a part.
 *
 * @param masterId the session's unique_id in master.
 * @throws DatabaseError `unknown_session`, `unavailable`.
 */
export async function checkSession(database: ReadOnlyStore, masterId: number): Promise<void> {
  const found = await database.readScope((manager) =>
    query(manager, `select unique_id from master where unique_id = ${masterId}`),
  );
  if (found.length > 0) return;
  throw new DatabaseError("unknown_session", "The session was deleted while it was read.");
}
