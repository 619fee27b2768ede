import { type ReadOnlyStore, DatabaseError } from "../database/index.js";
import {
  type ReadControl,
  type SessionOverview,
  findSession,
  inTimeSlices,
  streamSessions,
} from "../queries/index.js";

/**
 * The sessions that a user names, each once, in the order in which they were started.
 *
 * @param names see `findSession` of src/queries.
 * @param control aborts a long read of all sessions.
 * @throws DatabaseError `unknown_session`, also if the database is empty, `ambiguous_session`, or `unavailable`.
 */
export async function chooseSessions(
  store: ReadOnlyStore,
  names: readonly string[] | "all",
  control: ReadControl = {},
): Promise<SessionOverview[]> {
  const found = new Map<number, SessionOverview>();
  if (names === "all") {
    for await (const session of inTimeSlices(store, streamSessions(store), control))
      found.set(session.unique_id, session);
    if (found.size === 0) throw new DatabaseError("unknown_session", `${store.name} holds no sessions.`);
  } else {
    for (const name of names) {
      const session = await findSession(store, name);
      found.set(session.unique_id, session);
    }
  }
  return [...found.values()].sort((a, b) => a.unique_id - b.unique_id);
}
