import type { EntityManager } from "typeorm";
import { configs, rejections, strats, trials, writtenRows } from "./imported-tables.js";
import { rebuildSession } from "../rebuild/rebuild-session.js";
import {
  type LockedSession,
  columnText,
  lockSession,
  placeholder,
  placeholders,
  query,
} from "../../database/index.js";
import { SessionCopy } from "./session-copy.js";
import { ImportConflict, type SourceSession, type TargetSession, findLastShared } from "./shared-messages.js";
import { countWrittenTrials } from "../rebuild/stored-trials.js";

/** A session's row in the imported file. */
export interface SourceMaster {
  readonly unique_id: number;
  readonly session_id: string;
  readonly experiment_name: string | null;
  readonly experiment_description: string | null;
  readonly experiment_id: string | null;
  readonly participant_id: string | null;
  readonly extra_metadata: string | null;
  readonly source: string | null;
}

export const masterColumns = [
  "session_id",
  "experiment_name",
  "experiment_description",
  "experiment_id",
  "participant_id",
  "extra_metadata",
  "source",
] as const satisfies (keyof SourceMaster)[];

/** What importing a session did. */
export interface SessionImport {
  /** `new`: the database did not have the session; `grown`: it got more of it; `unchanged`: it had everything. */
  readonly state: "new" | "grown" | "unchanged";
  /** How many messages and trials were added. */
  readonly messages: number;
  readonly trials: number;
  /** Trials without a message that were left out, because the database has derived its own. */
  readonly trialsLeft: number;
  /** The seqs in the file of added messages that do not match their digest there. */
  readonly changed: readonly number[];
}

/**
 * Copies what the database lacks of a session, in an open transaction. Uses little memory however long the session is.
 *
 * @param master the session, with the `source` to store in the database.
 * @param restoresDeleted whether a session that was deleted is imported all the same.
 * @param onProgress called with the number of messages copied.
 * @throws ImportConflict when the database has the session with other messages, or it was deleted there.
 */
export async function importSession(
  manager: EntityManager,
  source: SourceSession,
  master: SourceMaster,
  restoresDeleted: boolean,
  onProgress: (messages: number) => void,
): Promise<SessionImport> {
  const { masterId, isNew, ...end } = await lockOrCreate(manager, master);
  if (isNew) await checkDeletion(manager, master.session_id, restoresDeleted);
  const session = new SessionCopy(source, { manager, masterId });
  const lastShared = isNew ? 0 : await findLastShared(source, session.target);
  const trialsLeft = isNew ? 0 : await countDerivedInstead(source, session.target, lastShared);
  for (const table of [configs, strats, rejections]) await session.copyWritten(table, isNew);
  if (trialsLeft === 0) await session.copyWritten(trials, isNew);
  await session.copyMessages(master.session_id, lastShared, end, onProgress);
  const { messages, rows, changed } = session;
  if (trialsLeft > 0 && messages > 0)
    session.trials += (await rebuildSession(manager, masterId, "write")).trialsAdded;
  const state = isNew ? "new" : messages + rows > 0 ? "grown" : "unchanged";
  return { state, messages, trials: session.trials, trialsLeft, changed };
}

/**
 * Counts the trials without a message in the source, if the target has derived its own from the same messages: a newer AEPsych that
 * opens a file writes the trials of older sessions itself.
 */
async function countDerivedInstead(
  source: SourceSession,
  { manager, masterId }: TargetSession,
  lastShared: number,
): Promise<number> {
  const derived = (id: number, seq: string) =>
    `select 1 from replay_data join raw_data on raw_data.replay_table_id = replay_data.unique_id
     where replay_data.master_table_id = ${id} ${seq} limit 1`;
  const isDerivedThere = await source.read(derived(source.masterId, `and seq <= ${lastShared}`));
  if (isDerivedThere.length > 0 || (await countWrittenTrials(manager, masterId)) > 0) return 0;
  if ((await query(manager, derived(masterId, ""))).length === 0) return 0;
  const written = writtenRows(trials, source.masterId);
  const [row] = await source.read<{ n: number }>(
    `select count(*) as n from ${written.from} where ${written.where}`,
  );
  return row?.n ?? 0;
}

/**
 * Removes the record of the session's deletion, if there is one.
 *
 * @throws ImportConflict if there is one and the session is not to be restored.
 */
async function checkDeletion(manager: EntityManager, sessionId: string, isRestored: boolean): Promise<void> {
  const [record] = await query<{ unique_id: number; timestamp: string }>(
    manager,
    `select unique_id, timestamp from deleted_session where session_id = ${placeholder(manager, 0)}`,
    [columnText(sessionId)],
  );
  if (record === undefined) return;
  if (!isRestored) {
    throw new ImportConflict(
      `it was deleted from the database at ${record.timestamp}; give --restore-deleted if it must come back`,
    );
  }
  await query(manager, `delete from deleted_session where unique_id = ${record.unique_id}`);
}

/** Locks the session, and creates it if there is none; the first statement writes, so that nothing changes meanwhile. */
async function lockOrCreate(
  manager: EntityManager,
  master: SourceMaster,
): Promise<Pick<LockedSession, "masterId" | "lastSeq" | "digest"> & { readonly isNew: boolean }> {
  const existing = await lockSession(manager, master.session_id);
  if (existing !== undefined) return { ...existing, isNew: false };
  const cells = masterColumns.map((column) => columnText(master[column]));
  const [created] = await query<{ unique_id: number }>(
    manager,
    `insert into master (${masterColumns.join(", ")}, last_seq) values ${placeholders(manager, 1, cells.length + 1)}
     on conflict (session_id) do nothing returning unique_id`,
    [...cells, 0],
  );
  if (created !== undefined) return { masterId: created.unique_id, lastSeq: 0, digest: null, isNew: true };
  // Another writer has created it in the meantime.
  const locked = await lockSession(manager, master.session_id);
  if (locked === undefined) throw new Error("The session can neither be created nor found.");
  return { ...locked, isNew: false };
}
