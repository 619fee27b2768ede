import { engineAt } from "../src/database/engines/engine-at.js";
import { type SessionRebuild, rebuildSession } from "../src/maintenance/index.js";
import { readMasters } from "../src/queries/index.js";

/** What a rebuild would do to each session, in the order of unique_id; reads over a read-only connection. */
export async function checkSessions(location: string): Promise<SessionRebuild[]> {
  const engine = await engineAt(location, 5000);
  const reader = await engine.openReader();
  try {
    await engine.checkReadable(reader);
    const sessions: SessionRebuild[] = [];
    for await (const masterId of readMasters((work) => work(reader.manager)))
      sessions.push(await rebuildSession(reader.manager, masterId, "check"));
    return sessions;
  } finally {
    await reader.destroy();
  }
}
