import { basename } from "node:path";
import { getMetadataArgsStorage } from "typeorm";
import { plural } from "../../common/index.js";
import type { Store } from "../../database/index.js";
import { type SessionImport, type SourceMaster, importSession, masterColumns } from "./import-session.js";
import { type ImportSource, readSource } from "./import-source.js";
import { ImportConflict } from "./shared-messages.js";
import type { UpgradeReport } from "../upgrade/upgrade.js";

/** What importing a file did. */
export interface ImportReport {
  /** The file's absolute path. */
  readonly path: string;
  /** Sessions that the database did not have before. */
  readonly sessionsNew: number;
  /** Sessions of which the file had more than the database. */
  readonly sessionsGrown: number;
  readonly sessionsUnchanged: number;
  /** Messages and trials that were added. */
  readonly messages: number;
  readonly trials: number;
  /** Sessions that contradict the database, which was left unchanged; a sentence each. */
  readonly conflicts: readonly string[];
  /** How a copy of a file with an older schema was upgraded; undefined if the file needed no upgrade. */
  readonly upgrade: UpgradeReport | undefined;
  /** What was not imported, a sentence each. */
  readonly notes: readonly string[];
}

/** The `source` that the migration gives to a session that AEPsych recorded. */
const unnamedSource = "AEPsych";

export interface ImportOptions {
  /** Called with what is being done. */
  readonly onProgress?: (text: string) => void;
  /** Whether sessions that were deleted from the database are imported again; their records are removed. */
  readonly restoresDeleted?: boolean;
}

/**
 * Copies to a database what it lacks of a file's sessions, each session in a transaction. The file is only read. Killed at any point,
 * it leaves whole sessions; run again, it adds the rest.
 *
 * @param location the path of a file that AEPsych or telltale wrote.
 * @throws DatabaseError when the file cannot be imported (nothing was changed), or the database cannot be written (earlier sessions
 *   stay imported).
 */
export async function importFile(
  database: Store,
  location: string,
  { onProgress = () => undefined, restoresDeleted = false }: ImportOptions = {},
): Promise<ImportReport> {
  // Fail now, before the file is copied, if the database cannot be written.
  await database.probe();
  return readSource(location, database.path, onProgress, (source) =>
    importFrom(source, database, restoresDeleted, onProgress),
  );
}

async function importFrom(
  source: ImportSource,
  database: Store,
  restoresDeleted: boolean,
  onProgress: (text: string) => void,
): Promise<ImportReport> {
  const sessions = { new: 0, grown: 0, unchanged: 0 };
  const conflicts: string[] = [];
  const changed: string[] = [];
  let [messages, trials, trialsLeft] = [0, 0, 0];
  const total = await countRows(source, "master");
  for (let [last, number] = [0, 1]; ; number += 1) {
    const master = await nextMaster(source, last);
    if (master === undefined) break;
    last = master.unique_id;
    const progress = `session ${number} of ${total}`;
    onProgress(progress);
    try {
      const session = await copySession(source, database, master, restoresDeleted, (copied) => {
        onProgress(`${progress}: ${copied} messages`);
      });
      sessions[session.state] += 1;
      messages += session.messages;
      trials += session.trials;
      trialsLeft += session.trialsLeft;
      const [first] = session.changed;
      if (first !== undefined)
        changed.push(
          `Session ${master.session_id}: ${plural(session.changed.length, "message")} of the file, the first with seq ${first}, changed after telltale had received them; they were imported as they are.`,
        );
    } catch (error) {
      if (!(error instanceof ImportConflict)) throw error;
      conflicts.push(`Session ${master.session_id} was left unchanged: ${error.message}.`);
    }
  }
  return {
    path: source.path,
    sessionsNew: sessions.new,
    sessionsGrown: sessions.grown,
    sessionsUnchanged: sessions.unchanged,
    messages,
    trials,
    conflicts,
    upgrade: source.upgrade,
    notes: [...changed, ...(await describeRest(source, trialsLeft))],
  };
}

function copySession(
  source: ImportSource,
  database: Store,
  master: SourceMaster,
  restoresDeleted: boolean,
  onProgress: (messages: number) => void,
): Promise<SessionImport> {
  const sourceName =
    master.source === null || master.source === unnamedSource ? basename(source.path) : master.source;
  const from = { read: source.read, masterId: master.unique_id };
  return source.snapshot(() =>
    database.sessionScope((manager) =>
      importSession(manager, from, { ...master, source: sourceName }, restoresDeleted, onProgress),
    ),
  );
}

async function nextMaster(source: ImportSource, last: number): Promise<SourceMaster | undefined> {
  const [master] = await source.read<SourceMaster>(
    `select unique_id, ${masterColumns.join(", ")} from master where unique_id > ${last} order by unique_id limit 1`,
  );
  return master;
}

async function countRows(source: ImportSource, from: string): Promise<number> {
  const [row] = await source.read<{ n: number }>(`select count(*) as n from ${from}`);
  return row?.n ?? 0;
}

/** Describes what the file has outside of any session, or in columns that telltale lacks. */
async function describeRest(source: ImportSource, trialsLeft: number): Promise<string[]> {
  const notes: string[] = [];
  if (trialsLeft > 0)
    notes.push(
      `Not imported: ${trialsLeft} of the trials that AEPsych wrote itself, because the database has derived the trials of those sessions from their messages.`,
    );
  const note = async (table: string, what: string, condition: string) => {
    const rows = await countRows(source, `${table} where ${condition}`);
    if (rows > 0) notes.push(`Not imported: ${plural(rows, "row")} of ${table} ${what}.`);
  };
  await note("rejected_data", "without a session", "master_table_id is null");
  for (const table of ["strat_data", "raw_data"]) {
    const message = "select master_table_id from replay_data where replay_data.unique_id = replay_table_id";
    const elsewhere = `replay_table_id is not null and master_table_id is not (${message})`;
    await note(table, "referring to a message of another session", elsewhere);
  }
  const { tables, columns } = getMetadataArgsStorage();
  for (const { target, name = "" } of tables) {
    const ours = columns.filter((column) => column.target === target).map(({ options }) => options.name);
    const there = await source.read<{ name: string }>(`select name from pragma_table_info('${name}')`);
    const foreign = there.map((column) => column.name).filter((column) => !ours.includes(column));
    if (foreign.length > 0)
      notes.push(`Not imported: ${foreign.join(", ")} of ${name}, unknown to telltale.`);
  }
  return notes;
}
