import { pendingMigrations } from "../migrations/pending.js";
import { DatabaseError } from "../src/database/index.js";
import { engineAt } from "../src/database/engines/engine-at.js";
import { type SessionRebuild, rebuildSession } from "../src/maintenance/index.js";
import { readMasters } from "../src/queries/index.js";

/**
 * What a rebuild would do to each session, in the order of unique_id; reads over a read-only connection.
 *
 * @throws DatabaseError if the database is not one of this telltale: `outdated_database` if migrations are pending.
 */
export async function checkSessions(location: string): Promise<SessionRebuild[]> {
  const engine = await engineAt(location, 5000);
  const reader = await engine.openReader();
  try {
    await engine.checkReadable(reader);
    if ((await pendingMigrations(reader)).length > 0)
      throw new DatabaseError("outdated_database", "Migrations are pending; migrate the database first.");
    const sessions: SessionRebuild[] = [];
    for await (const masterId of readMasters((work) => work(reader.manager)))
      sessions.push(await rebuildSession(reader.manager, masterId, "check"));
    return sessions;
  } finally {
    await reader.destroy();
  }
}
