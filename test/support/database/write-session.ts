import { randomUUID } from "node:crypto";
import type { Store } from "../../../src/database/index.js";
import { Database } from "../../../src/library/index.js";
import { type SessionOverview, findSession } from "../../../src/queries/index.js";

/** A session as a test writes it. */
export interface WrittenSession {
  readonly name?: string;
  readonly participant?: string;
  readonly description?: string;
  readonly config?: object;
  /** The messages of its tells. */
  readonly tells?: readonly object[];
}

/** Writes a session; returns it as queries do. */
export async function writeSession(
  store: Store,
  { name, participant, description, config, tells = [] }: WrittenSession = {},
): Promise<SessionOverview> {
  const message = {
    ...(name === undefined ? {} : { experiment_name: name }),
    ...(participant === undefined ? {} : { participant_id: participant }),
    ...(description === undefined ? {} : { experiment_description: description }),
    ...(config === undefined ? {} : { config }),
  };
  const database = Database.over(store);
  // An id that begins with a digit could make the name of another session ambiguous.
  const session = `f${randomUUID().slice(1)}`;
  const master = await database.recordSetup({ request: { type: "setup", session, message } });
  for (const tell of tells) await database.recordMessage(master, "tell", { message: tell });
  return findSession(store, master.sessionId);
}
