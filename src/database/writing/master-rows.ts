import type { EntityManager } from "typeorm";
import type { SessionWrite, Write } from "../../derivation/index.js";
import { formatJson } from "../../protocol/index.js";
import type { Engine } from "../engines/engine.js";
import { type Cell, columnText, placeholder, placeholders, query } from "../sql.js";

/** A session's master row, as one transaction sees it. */
export interface MasterRow {
  readonly uniqueId: number;
  /** The row's last_seq. */
  readonly lastSeq: number;
  /** The seq of the next message. */
  nextSeq: number;
}

/**
 * Reserves the seqs of a batch: adds the number of its messages to each session's last_seq, which locks the session's row against
 * other writers. Rows are locked in the order of their unique_id, so that two writers never wait for each other.
 *
 * @returns the sessions by their id, without those that do not exist.
 */
export async function reserveSeqs(
  engine: Engine,
  manager: EntityManager,
  batch: readonly Write[],
): Promise<Map<string, MasterRow>> {
  const counts = new Map<string, number>();
  for (const write of batch) {
    if (write.kind === "session" || write.sessionId === null) continue;
    counts.set(write.sessionId, (counts.get(write.sessionId) ?? 0) + (write.kind === "message" ? 1 : 0));
  }
  if (counts.size === 0) return new Map();
  const tally = [...counts.values()]
    .map((count, index) => `(${placeholder(manager, index)}, ${count})`)
    .join(", ");
  const rows = await query<{ unique_id: number; session_id: string; last_seq: number }>(
    manager,
    `with tally (session_id, messages) as (values ${tally}),
     locked (unique_id, messages) as (
       select master.unique_id, tally.messages from master join tally on tally.session_id = master.session_id
       order by master.unique_id ${engine.rowLock})
     update master set last_seq = last_seq + locked.messages from locked where master.unique_id = locked.unique_id
     returning master.unique_id, master.session_id, master.last_seq`,
    [...counts.keys()].map((id) => columnText(id)),
  );
  return new Map(
    rows.map(({ unique_id, session_id, last_seq }) => [
      session_id,
      { uniqueId: unique_id, lastSeq: last_seq, nextSeq: last_seq - (counts.get(session_id) ?? 0) + 1 },
    ]),
  );
}

/** Inserts the sessions that do not exist yet; returns only these, by their id. */
export async function beginSessions(
  manager: EntityManager,
  setups: readonly SessionWrite[],
): Promise<Map<string, MasterRow>> {
  if (setups.length === 0) return new Map();
  const rows = await query<{ unique_id: number; session_id: string }>(
    manager,
    `insert into master (experiment_name, experiment_description, experiment_id, participant_id, extra_metadata, session_id, last_seq)
     values ${placeholders(manager, setups.length, 7)}
     on conflict (session_id) do nothing returning unique_id, session_id`,
    // In a fixed order, so that two writers that begin the same sessions never wait for each other.
    setups
      .toSorted((a, b) => (a.session.id < b.session.id ? -1 : 1))
      .flatMap(({ session }): Cell[] => [
        columnText(session.fields.experimentName),
        columnText(session.fields.experimentDescription),
        columnText(session.experimentId),
        columnText(session.participantId),
        formatJson(session.fields.extraMetadata),
        session.id,
        1,
      ]),
  );
  return new Map(rows.map((row) => [row.session_id, { uniqueId: row.unique_id, lastSeq: 1, nextSeq: 1 }]));
}

/** The unique_ids of sessions, by their session_id. */
export async function findMasters(
  manager: EntityManager,
  sessionIds: readonly string[],
): Promise<Map<string, number>> {
  if (sessionIds.length === 0) return new Map();
  const rows = await query<{ unique_id: number; session_id: string }>(
    manager,
    `select unique_id, session_id from master where session_id in ${placeholders(manager, 1, sessionIds.length)}`,
    sessionIds.map((id) => columnText(id)),
  );
  return new Map(rows.map((row) => [row.session_id, row.unique_id]));
}

/** Subtracts from last_seq the messages that got no row, so that seq has no gap. */
export async function correctLastSeqs(manager: EntityManager, masters: Iterable<MasterRow>): Promise<void> {
  for (const { uniqueId, lastSeq, nextSeq } of masters) {
    if (nextSeq - 1 === lastSeq) continue;
    await query(manager, `update master set last_seq = ${nextSeq - 1} where unique_id = ${uniqueId}`);
  }
}
