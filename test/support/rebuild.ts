import { expect } from "chai";
import { engineAt } from "../../src/database/engine-at.js";
import { type SessionRebuild, readMasters, rebuildSession } from "../../src/database/index.js";

/** What a rebuild of each session would do, in the order of unique_id; reads with a connection that cannot write. */
export async function checkSessions(location: string): Promise<SessionRebuild[]> {
  const reader = await engineAt(location, 5000).openReader();
  try {
    const sessions: SessionRebuild[] = [];
    for await (const masterId of readMasters((work) => work(reader.manager)))
      sessions.push(await rebuildSession(reader.manager, masterId, "check"));
    return sessions;
  } finally {
    await reader.destroy();
  }
}

/** Fails where the trials of a database are not those that its log says; for the end of any test that wrote one. */
export async function expectDerived(location: string): Promise<void> {
  const sessions = await checkSessions(location);
  const differing = sessions.filter(({ isDifferent, notes }) => isDifferent || notes.length > 0);
  expect(differing, `what ${location} holds is not what its log says`).to.deep.equal([]);
}
