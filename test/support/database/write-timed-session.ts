import { randomUUID } from "node:crypto";
import { Store } from "../../../src/database/index.js";
import { receive, setupWrite, tellWrite } from "./writes.js";

/** When the sessions of {@link writeTimedSession} begin. */
export const beginMs = Date.UTC(2026, 2, 20, 9);

/**
 * Writes a session whose messages were received so many ms after its beginning: a setup first, then tells and, at every fourth
 * place, an ask.
 *
 * @returns its id.
 */
export async function writeTimedSession(db: string, offsetsMs: readonly number[]): Promise<string> {
  const database = await Store.open(db);
  const session = randomUUID();
  try {
    for (const [index, offsetMs] of offsetsMs.entries()) {
      const receivedAt = beginMs + offsetMs;
      const write = index === 0 ? setupWrite(session) : tellWrite(session, index, `message-${index + 1}`);
      const isAsk = index > 0 && (index + 1) % 4 === 0;
      const message = isAsk
        ? receive({ type: "ask", message: { n: index } }, `message-${index + 1}`)
        : write.message;
      const trials = isAsk ? { trials: [] } : {};
      await database.submit({ ...write, ...trials, message: { ...message, receivedAt } });
    }
  } finally {
    await database.close();
  }
  return session;
}
