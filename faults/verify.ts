import { readRows } from "../harness/rows.js";
import { verifyDatabase } from "../harness/verify-database.js";
import { Findings } from "./findings.js";
import { type Ledger, type SessionLedger, digestOf } from "./ledger.js";

const messagesAPage = 2000;

/** A message as it is in the database. */
interface StoredMessage {
  readonly seq: number;
  readonly message_id: string;
  readonly message_contents: Uint8Array;
}

/**
 * Compares a database with the ledger: every acknowledged message is stored once, with its content and seq; every other message at
 * most once; every stored message was sent; seq has no gaps; and `telltale verify` finds nothing wrong.
 *
 * @param location a SQLite file that no daemon has open, or a PostgreSQL database.
 */
export async function verify(location: string, ledger: Ledger): Promise<Findings> {
  const findings = new Findings();
  findings.acknowledged = ledger.acknowledged;
  for (const contradiction of ledger.contradictions) findings.report(contradiction);
  const masters = await readRows(location, "select unique_id, session_id, last_seq from master");
  const stored = new Set(masters.map((row) => row["session_id"] as string));
  for (const [id, session] of ledger.sessions) {
    if (!stored.has(id)) findings.lost += session.acknowledged.size;
  }
  for (const row of masters) {
    const id = row["session_id"] as string;
    const last = await compareSession(
      location,
      row["unique_id"] as number,
      id,
      ledger.sessions.get(id),
      findings,
    );
    if (row["last_seq"] !== last)
      findings.report(
        `The last message of ${id} is ${last}, and its session says ${String(row["last_seq"])}.`,
      );
  }
  for (const { sessionId, what } of await verifyDatabase(location))
    findings.report(`${sessionId ?? "The database"}: ${what}`);
  return findings;
}

/** Compares one session message by message; gives the seq of its last one. */
async function compareSession(
  location: string,
  masterId: number,
  id: string,
  session: SessionLedger | undefined,
  findings: Findings,
): Promise<number> {
  const met = new Set<string>();
  let [last, found] = [0, 0];
  for (;;) {
    const page = (await readRows(
      location,
      `select seq, message_id, message_contents from replay_data where master_table_id = ? and seq > ? order by seq limit ${messagesAPage}`,
      [masterId, last],
    )) as unknown as StoredMessage[];
    for (const { seq, message_id: messageId, message_contents: contents } of page) {
      if (seq !== last + 1) findings.report(`In ${id} the seq ${seq} follows ${last}.`);
      last = seq;
      if (met.has(messageId)) findings.doubled += 1;
      met.add(messageId);
      if (session === undefined) continue;
      const digest = digestOf(contents);
      const acknowledged = session.acknowledged.get(seq);
      if (acknowledged?.id === messageId && acknowledged.digest === digest) found += 1;
      else if (session.sent.get(messageId) !== digest)
        findings.report(
          `The message ${messageId} of ${id}, with the seq ${seq}, differs from what was sent.`,
        );
    }
    if (page.length < messagesAPage) break;
  }
  findings.lost += (session?.acknowledged.size ?? 0) - found;
  return last;
}
