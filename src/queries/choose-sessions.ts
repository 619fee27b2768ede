import { type ReadOnlyStore, DatabaseError } from "../database/index.js";
import type { SessionFilter } from "./session-filter.js";
import { type SessionOverview, findSession, streamSessions } from "./sessions.js";
import { type ReadControl, inTimeSlices } from "./time-slice.js";

/** Sessions by their names, or all that a filter selects. */
export type SessionChoice = { readonly names: readonly string[] } | { readonly filter: SessionFilter };

/**
 * The sessions that a user chooses, each once, in the order in which they were started.
 *
 * @param choice for the names see {@link findSession}.
 * @param control aborts a long read of all sessions.
 * @throws DatabaseError `unknown_session`, also if a filter selects none, `ambiguous_session`, `ambiguous_experiment`,
 *   `bad_argument` for an invalid time, or `unavailable`.
 */
export async function chooseSessions(
  store: ReadOnlyStore,
  choice: SessionChoice,
  control: ReadControl = {},
): Promise<SessionOverview[]> {
  const found = new Map<number, SessionOverview>();
  if ("filter" in choice) {
    for await (const session of inTimeSlices(store, streamSessions(store, choice.filter), control))
      found.set(session.unique_id, session);
    if (found.size === 0) throw new DatabaseError("unknown_session", explainNone(store, choice.filter));
  } else {
    for (const name of choice.names) {
      const session = await findSession(store, name);
      found.set(session.unique_id, session);
    }
  }
  return [...found.values()].sort((a, b) => a.unique_id - b.unique_id);
}

function explainNone(store: ReadOnlyStore, filter: SessionFilter): string {
  const conditions = Object.entries(filter).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return conditions.length === 0
    ? `${store.name} holds no sessions.`
    : `${store.name} holds no session with ${conditions.join(" and ")}.`;
}
