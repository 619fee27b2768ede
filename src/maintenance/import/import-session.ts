import type { EntityManager } from "typeorm";
import { configs, rejections, strats, trials, writtenRows } from "./imported-tables.js";
import { rebuildSession } from "../rebuild/rebuild-session.js";
import { type LockedSession, columnText, lockSession, placeholders, query } from "../../database/index.js";
import { SessionCopy } from "./session-copy.js";
import { type SourceSession, type TargetSession, findLastShared } from "./shared-messages.js";
import { countWrittenTrials } from "../rebuild/stored-trials.js";

/** A session's row in the file that it is read from. */
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

/** What became of a session. */
export interface SessionImport {
  /** Whether the database did not have it before, has more of it now, or had it all. */
  readonly state: "new" | "grown" | "unchanged";
  /** The messages and trials that were added. */
  readonly messages: number;
  readonly trials: number;
  /** Trials of no message that were left, for the database has derived its own. */
  readonly trialsLeft: number;
}

/**
 * Copies to an open transaction what its database lacks of a session. Of a session of any length little is in memory.
 *
 * @param master the session; its `source` is what the database is to say where it came from.
 * @param onProgress is told how many messages are copied.
 * @throws ImportConflict when the database has the session with other messages.
 */
export async function importSession(
  manager: EntityManager,
  source: SourceSession,
  master: SourceMaster,
  onProgress: (messages: number) => void,
): Promise<SessionImport> {
  const { masterId, lastSeq, isNew } = await lockOrCreate(manager, master);
  const session = new SessionCopy(source, { manager, masterId });
  const lastShared = isNew ? 0 : await findLastShared(source, session.target);
  const trialsLeft = isNew ? 0 : await countDerivedInstead(source, session.target, lastShared);
  for (const table of [configs, strats, rejections]) await session.copyWritten(table, isNew);
  if (trialsLeft === 0) await session.copyWritten(trials, isNew);
  await session.copyMessages(lastShared, lastSeq, onProgress);
  const { messages, rows } = session;
  if (trialsLeft > 0 && messages > 0)
    session.trials += (await rebuildSession(manager, masterId, "write")).trialsAdded;
  const state = isNew ? "new" : messages + rows > 0 ? "grown" : "unchanged";
  return { state, messages, trials: session.trials, trialsLeft };
}

/**
 * How many trials of a source no message is noted for, where the target has derived its own from the same messages: AEPsych
 * writes the trials of its older sessions when a newer version of it opens the file.
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

/** Locks the session, and creates it if there is none; the first statement writes, so that nothing changes meanwhile. */
async function lockOrCreate(
  manager: EntityManager,
  master: SourceMaster,
): Promise<Pick<LockedSession, "masterId" | "lastSeq"> & { readonly isNew: boolean }> {
  const existing = await lockSession(manager, master.session_id);
  if (existing !== undefined) return { ...existing, isNew: false };
  const cells = masterColumns.map((column) => columnText(master[column]));
  const [created] = await query<{ unique_id: number }>(
    manager,
    `insert into master (${masterColumns.join(", ")}, last_seq) values ${placeholders(manager, 1, cells.length + 1)}
     on conflict (session_id) do nothing returning unique_id`,
    [...cells, 0],
  );
  if (created !== undefined) return { masterId: created.unique_id, lastSeq: 0, isNew: true };
  // Another writer has created it in the meantime.
  const locked = await lockSession(manager, master.session_id);
  if (locked === undefined) throw new Error("The session can neither be created nor found.");
  return { ...locked, isNew: false };
}
