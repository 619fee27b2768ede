import type { EntityManager } from "typeorm";
import { columnText, placeholder, query } from "../sql.js";

/** A session's row, locked until the transaction ends. */
export interface LockedSession {
  readonly masterId: number;
  readonly sessionId: string;
  readonly lastSeq: number;
  /** The digest of its last message; null if it has no messages. */
  readonly digest: string | null;
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
  const [row] = await query<LockedRow>(
    manager,
    `update master set last_seq = last_seq where ${condition} returning unique_id, session_id, last_seq, digest`,
    typeof key === "string" ? [columnText(key)] : [],
  );
  return (
    row && { masterId: row.unique_id, sessionId: row.session_id, lastSeq: row.last_seq, digest: row.digest }
  );
}

interface LockedRow {
  readonly unique_id: number;
  readonly session_id: string;
  readonly last_seq: number;
  readonly digest: string | null;
}
