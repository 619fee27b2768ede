import type { EntityManager } from "typeorm";
import { columnText, placeholders, query } from "../sql.js";

/** Which of these sessions were deleted, by the records that deleting left. */
export async function findDeleted(
  manager: EntityManager,
  sessionIds: readonly string[],
): Promise<Set<string>> {
  if (sessionIds.length === 0) return new Set();
  const rows = await query<{ session_id: string }>(
    manager,
    `select session_id from deleted_session where session_id in ${placeholders(manager, 1, sessionIds.length)}`,
    sessionIds.map((id) => columnText(id)),
  );
  return new Set(rows.map((row) => row.session_id));
}

/**
 * Removes the new sessions of a batch whose ids belong to deleted ones, and finds which of the other sessions were deleted. Runs after the
 * insert of the new ones: on PostgreSQL that waits for a deletion of the same session, whose record is visible only then.
 *
 * @param begun the new sessions with their unique_ids; the deleted ones are removed from it.
 * @param missing the ids of sessions that messages name and that are not there.
 */
export async function refuseDeleted(
  manager: EntityManager,
  begun: Map<string, { readonly uniqueId: number }>,
  missing: readonly string[],
): Promise<Set<string>> {
  const deleted = await findDeleted(manager, [...begun.keys(), ...missing]);
  for (const id of deleted) {
    const master = begun.get(id);
    if (master === undefined) continue;
    await query(manager, `delete from master where unique_id = ${master.uniqueId}`);
    begun.delete(id);
  }
  return deleted;
}

/** What a client is told of a message of a deleted session. */
export function describeDeleted(sessionId: string): string {
  return `The session ${sessionId} was deleted, and its messages are no longer accepted; begin another session with a new id.`;
}
