import { type ReadOnlyStore, DatabaseError, query } from "../database/index.js";

/**
 * Checks, after reading a session, that it was not deleted meanwhile: what was read would then be incomplete.
 *
 * @param masterId the session's unique_id in master.
 * @throws DatabaseError `unknown_session`, `unavailable`.
 */
export async function checkSession(store: ReadOnlyStore, masterId: number): Promise<void> {
  const found = await store.readScope((manager) =>
    query(manager, `select unique_id from master where unique_id = ${masterId}`),
  );
  if (found.length > 0) return;
  throw new DatabaseError("unknown_session", "The session was deleted while it was read.");
}
