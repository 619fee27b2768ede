import type { EntityManager } from "typeorm";
import { firstDigest } from "../../../migrations/chain/message-digest.js";
import type { SessionWrite, Write } from "../../derivation/index.js";
import { formatJson } from "../../protocol/index.js";
import type { Engine } from "../engines/engine.js";
import { type Cell, alteredRows, columnJson, columnText, placeholder, placeholders, query } from "../sql.js";

/** A session's master row, as one transaction sees it. */
export interface MasterRow {
  readonly uniqueId: number;
  /** The row's last_seq. */
  readonly lastSeq: number;
  /** The seq of the next message. */
  nextSeq: number;
  /** What the digest of the next message continues. */
  digest: string;
  /** `digest` before the batch. */
  readonly lastDigest: string;
}

/**
 * Reserves the seqs of a batch: adds the number of its messages to each session's last_seq, which locks the session's row against
 * other writers. Rows are locked in the order of their unique_id, so that two writers never wait for each other.
 *
 * @returns the sessions by their id, without those that do not exist.
 * @throws DatabaseError `altered_rows`.
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
  const rows = await query<ReservedRow>(
    manager,
    `with tally (session_id, messages) as (values ${tally}),
     locked (unique_id, messages) as (
       select master.unique_id, tally.messages from master join tally on tally.session_id = master.session_id
       order by master.unique_id ${engine.rowLock})
     update master set last_seq = last_seq + locked.messages from locked where master.unique_id = locked.unique_id
     returning master.unique_id, master.session_id, master.last_seq, master.digest`,
    [...counts.keys()].map((id) => columnText(id)),
  );
  const missing = [...counts.keys()].filter((id) => !rows.some(({ session_id }) => session_id === id));
  if ((await findMasters(manager, missing)).size > 0) throw alteredRows("master");
  return new Map(
    rows.map(({ unique_id: uniqueId, session_id: id, last_seq: lastSeq, digest: stored }) => {
      const nextSeq = lastSeq - (counts.get(id) ?? 0) + 1;
      const digest = stored ?? firstDigest(id);
      return [id, { uniqueId, lastSeq, nextSeq, digest, lastDigest: digest }];
    }),
  );
}

interface ReservedRow {
  readonly unique_id: number;
  readonly session_id: string;
  readonly last_seq: number;
  readonly digest: string | null;
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
        columnJson(formatJson(session.fields.extraMetadata)),
        session.id,
        1,
      ]),
  );
  return new Map(
    rows.map(({ unique_id: uniqueId, session_id: id }) => {
      const digest = firstDigest(id);
      return [id, { uniqueId, lastSeq: 1, nextSeq: 1, digest, lastDigest: digest }];
    }),
  );
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

/**
 * Writes the digest of each session's last message, and subtracts from last_seq the messages that got no row, so that seq has no gap.
 *
 * @param masters the sessions of the batch, after their messages were numbered and chained.
 * @throws DatabaseError `altered_rows`.
 */
export async function writeEnds(manager: EntityManager, masters: readonly MasterRow[]): Promise<void> {
  const changed = masters.filter((master) => isChained(master) || master.nextSeq - 1 !== master.lastSeq);
  if (changed.length === 0) return;
  const ends = changed.map((_, index) => {
    const cast = (column: number, type: string) =>
      `cast(${placeholder(manager, 3 * index + column)} as ${type})`;
    return `(${cast(0, "integer")}, ${cast(1, "integer")}, ${cast(2, "text")})`;
  });
  const rows = await query<{ unique_id: number; last_seq: number; digest: string | null }>(
    manager,
    `with ends (unique_id, last_seq, digest) as (values ${ends.join(", ")})
     update master set last_seq = ends.last_seq, digest = coalesce(ends.digest, master.digest) from ends
     where master.unique_id = ends.unique_id
     returning master.unique_id, master.last_seq, master.digest`,
    changed.flatMap((master): Cell[] => [
      master.uniqueId,
      master.nextSeq - 1,
      isChained(master) ? master.digest : null,
    ]),
  );
  const written = new Map(rows.map((row) => [row.unique_id, row]));
  for (const master of changed) {
    const row = written.get(master.uniqueId);
    const isWritten =
      row?.last_seq === master.nextSeq - 1 && (!isChained(master) || row.digest === master.digest);
    if (!isWritten) throw alteredRows("master");
  }
}

/** Whether the batch has messages of the session. */
function isChained({ digest, lastDigest }: MasterRow): boolean {
  return digest !== lastDigest;
}
