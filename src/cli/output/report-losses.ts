import { escapeForTerminal, plural } from "../../common/index.js";
import type { ReadOnlyStore } from "../../database/index.js";
import { type SessionOverview, readRejectedReasons, readUnderivableReasons } from "../../queries/index.js";
import { Tally } from "./tally.js";

/** Prints a line on stderr for every reason why tells of sessions gave no trial. */
export async function reportUnderivable(
  store: ReadOnlyStore,
  sessions: readonly SessionOverview[],
): Promise<void> {
  const tally = new Tally();
  for (const { underivable, unique_id, session_id } of sessions) {
    if (underivable === 0) continue;
    for (const { reason, tells, first_seq } of await readUnderivableReasons(store, unique_id))
      tally.add(reason, tells, `seq ${first_seq} of session ${session_id}`);
  }
  print(tally.list((count) => `${plural(count, "tell")} gave no trial`));
}

/**
 * Prints a line on stderr for every reason why messages were rejected.
 *
 * @param withUnbound whether messages of connections without a session count too.
 */
export async function reportRejected(
  store: ReadOnlyStore,
  sessions: readonly SessionOverview[],
  withUnbound = false,
): Promise<void> {
  const tally = new Tally();
  const add = async (masterId: number | null, place: string) => {
    for (const { code, reason, messages } of await readRejectedReasons(store, masterId))
      tally.add(`${code}: ${reason}`, messages, place);
  };
  for (const { rejected, unique_id, session_id } of sessions)
    if (rejected > 0) await add(unique_id, `from session ${session_id}`);
  if (withUnbound) await add(null, "before any session");
  print(tally.list((count) => `${plural(count, "message")} ${count === 1 ? "was" : "were"} rejected`));
}

function print(sentences: readonly string[]): void {
  for (const sentence of sentences) process.stderr.write(`${escapeForTerminal(sentence)}\n`);
}
