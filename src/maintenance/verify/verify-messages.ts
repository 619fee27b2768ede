import type { EntityManager } from "typeorm";
import { digestMessage, firstDigest } from "../../../migrations/chain/message-digest.js";
import { type Read, pagesBySize, query } from "../../database/index.js";
import type { Findings } from "./finding.js";
import { compareProjections } from "./compare-projections.js";
import type { VerifiedMessage } from "./verified-message.js";

/** A session as its row in master says. */
export interface VerifiedSession {
  readonly unique_id: number;
  readonly session_id: string;
  readonly last_seq: number;
  readonly digest: string | null;
}

const digestForm = /^[0-9a-f]{64}$/;

/**
 * Computes the digests of a session's messages again, and compares the other columns of each message with its frame. Messages that are
 * stored meanwhile are left out.
 *
 * @returns how many messages there are.
 */
export async function verifyMessages(
  manager: EntityManager,
  session: VerifiedSession,
  findings: Findings,
): Promise<number> {
  const read: Read = (sql, parameters) => query(manager, sql, parameters);
  const pages = pagesBySize<VerifiedMessage>(read, {
    columns: [
      ...["seq", "message_id", "message_type", "message_contents", "timestamp", "digest"],
      ...["sent_at", "extra_info", "derivation_error"],
    ],
    from: "replay_data",
    where: `master_table_id = ${session.unique_id} and seq <= ${session.last_seq}`,
    order: "seq",
    bytes: "coalesce(length(message_contents), 0) + coalesce(length(extra_info), 0)",
  });
  let last = firstDigest(session.session_id);
  let [lastSeq, count] = [0, 0];
  for await (const page of pages) {
    for (const row of page) {
      if (row.seq !== lastSeq + 1)
        findings.add(`The messages ${lastSeq + 1} to ${row.seq - 1} are missing.`, "restore");
      const digest = digestRow(last, row);
      if (digest === row.digest) compareProjections(row, findings);
      else
        findings.add(
          `Message ${row.seq} (${JSON.stringify(row.message_id)}) does not match its digest: it, its digest or the message before it was changed.`,
          "restore",
        );
      // A changed message breaks no digest but its own: go on from what it was.
      last = digest !== row.digest && digestForm.test(row.digest ?? "") ? (row.digest ?? digest) : digest;
      lastSeq = row.seq;
      count += 1;
    }
  }
  if (lastSeq !== session.last_seq)
    findings.add(
      `The last message has seq ${lastSeq}, and master says ${session.last_seq}: the newest messages are missing, or last_seq was changed.`,
      "restore",
    );
  else if (session.digest !== (count === 0 ? null : last))
    findings.add(
      "The digest in master is not that of the last message: one of the two was changed.",
      "restore",
    );
  return count;
}

function digestRow(previous: string, row: VerifiedMessage): string {
  const { seq, message_id: id, message_type: type, message_contents: contents, timestamp: time } = row;
  return digestMessage(previous, { seq, id, type, contents, time });
}
