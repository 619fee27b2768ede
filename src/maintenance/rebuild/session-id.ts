import type { EntityManager } from "typeorm";
import { DatabaseError, lockSession, query } from "../../database/index.js";

/** The UUID of a session. @throws DatabaseError `unknown_session`. */
export async function findSessionId(manager: EntityManager, masterId: number): Promise<string> {
  const [row] = await query<{ session_id: string }>(
    manager,
    `select session_id from master where unique_id = ${masterId}`,
  );
  if (row === undefined) throw unknownSession(masterId);
  return row.session_id;
}

/** As {@link findSessionId}, and locks the session against other writers until the transaction ends. */
export async function lockSessionId(manager: EntityManager, masterId: number): Promise<string> {
  const session = await lockSession(manager, masterId);
  if (session === undefined) throw unknownSession(masterId);
  return session.sessionId;
}

function unknownSession(masterId: number): DatabaseError {
  return new DatabaseError("unknown_session", `There is no session with the unique_id ${masterId}.`);
}
