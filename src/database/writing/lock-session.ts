import type { EntityManager } from "typeorm";
import { columnText, placeholder, query } from "../sql.js";

/** A session's row, locked until the transaction ends. */
export interface LockedSession {
  readonly masterId: number;
  readonly sessionId: string;
  readonly lastSeq: number;
}

/**
 * Locks a session against other writers until the transaction ends, by an update of its row that changes nothing; undefined if there
 * is no such session.
 *
 * @param key the session's UUID, or its unique_id in master.
 */
export async function lockSession(
  manager: EntityManager,
  key: string | number,
): Promise<LockedSession | undefined> {
  const condition =
    typeof key === "string" ? `session_id = ${placeholder(manager, 0)}` : `unique_id = ${key}`;
  const [row] = await query<{ unique_id: number; session_id: string; last_seq: number }>(
    manager,
    `update master set last_seq = last_seq where ${condition} returning unique_id, session_id, last_seq`,
    typeof key === "string" ? [columnText(key)] : [],
  );
  return row && { masterId: row.unique_id, sessionId: row.session_id, lastSeq: row.last_seq };
}
