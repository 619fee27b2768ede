import { open as openFile, rename, rm, stat } from "node:fs/promises";
import { dirname, extname } from "node:path";
import type { DataSource, EntityManager } from "typeorm";
import type { Migration } from "../../../migrations/migration.js";
import { adoptMigrations, pendingMigrations } from "../../../migrations/pending.js";
import { countRows } from "../backup/verify-copy.js";
import {
  DatabaseError,
  type SqliteFile,
  engineAt,
  query,
  runMigrations,
  sqliteCodeOf,
} from "../../database/index.js";
import { makePrivateCopy } from "../../common/index.js";
import { rebuildSession } from "../rebuild/rebuild-session.js";

/** What an upgrade of a file is going to do; nothing where `stairs` is empty and `sessionsDue` 0. */
export interface UpgradePlan {
  /** How much AEPsych's schema held when it wrote the file, 0 to 3; undefined where the rows are telltale's already. */
  readonly generation: number | undefined;
  /** The stairs that the file has yet to runMigrations. */
  readonly stairs: readonly string[];
  /** The rows of each table. */
  readonly rows: Readonly<Record<string, number>>;
  /** Sessions whose trials are yet to be derived; those of rows that are yet to be recoded are not counted. */
  readonly sessionsDue: number;
}

/** What an upgrade did. */
export interface UpgradeReport {
  readonly plan: UpgradePlan;
  /** The backup that was made; undefined where no stair was to be climbed. */
  readonly backup: string | undefined;
  /** The rows of each table afterwards. */
  readonly rows: Readonly<Record<string, number>>;
  /** Sessions whose trials were derived. */
  readonly sessions: number;
  readonly trialsAdded: number;
  readonly extraDataFilled: number;
  /** Tells that no trials could be derived from. */
  readonly underivable: number;
  /** What is kept as it was, a sentence each. */
  readonly notes: readonly string[];
}

/** Of what is kept as it was, the first are described. */
const mostNotes = 50;

/**
 * What {@link upgrade} would do to a file; changes nothing.
 *
 * @throws DatabaseError when the file is none that could be upgraded, or is damaged.
 */
export async function planUpgrade(file: SqliteFile): Promise<UpgradePlan> {
  const reader = await file.openReader();
  try {
    await file.checkUpgradable(reader);
    return await plan(reader);
  } catch (error) {
    throw await file.explain(error);
  } finally {
    await reader.destroy();
  }
}

/**
 * Upgrades a file that AEPsych wrote: makes a backup beside it, climbs the stairs that it lacks, each in a transaction, and derives
 * the trials of its sessions, each in a transaction. Nobody else can read or write the file meanwhile. Ended at any point, it
 * leaves the file before or after a transaction, and run again it finishes the work.
 *
 * @param onProgress is told what is being done.
 * @throws DatabaseError when it cannot be upgraded; nothing is changed then, or whole steps are.
 */
export async function upgrade(
  file: SqliteFile,
  onProgress: (text: string) => void = () => undefined,
): Promise<UpgradeReport> {
  return upgradeAlone(file, onProgress, false);
}

/** As {@link upgrade}, of a file that is a copy itself and needs no backup. */
export async function upgradeCopy(
  file: SqliteFile,
  onProgress: (text: string) => void,
): Promise<UpgradeReport> {
  return upgradeAlone(file, onProgress, true);
}

async function upgradeAlone(
  file: SqliteFile,
  onProgress: (text: string) => void,
  isCopy: boolean,
): Promise<UpgradeReport> {
  // Refuses what cannot be upgraded by a connection that cannot change it.
  await planUpgrade(file);
  const writer = await file.openForUpgrade(onProgress);
  try {
    const planned = await plan(writer);
    const isPending = planned.stairs.length > 0;
    const backup = isPending && !isCopy ? await makeBackup(file, writer, planned, onProgress) : undefined;
    await file.makeDurable(writer);
    if (isPending) {
      await adoptMigrations(writer);
      await runMigrations(writer);
      await checkReferences(writer, file.path);
    }
    return { plan: planned, backup, ...(await deriveTrials(writer, onProgress)) };
  } catch (error) {
    throw await file.explain(error);
  } finally {
    await file.checkpoint(writer).catch(() => undefined);
    await writer.destroy();
    await file.tidy().catch(() => undefined);
  }
}

async function plan(reader: DataSource): Promise<UpgradePlan> {
  const stairs = await pendingMigrations(reader);
  const isOurs = stairs.length === 0;
  return {
    generation: await readGeneration(reader),
    stairs: stairs.map((stair: Migration) => stair.constructor.name.replace(/[0-9]+$/, "")),
    rows: await countRows(reader),
    sessionsDue: isOurs ? (await findDue(reader.manager)).length : 0,
  };
}

async function readGeneration(reader: DataSource): Promise<number | undefined> {
  const has = async (table: string, column: string) => {
    const sql = `select 1 from pragma_table_info('${table}') where name = '${column}'`;
    return (await reader.query<unknown[]>(sql)).length > 0;
  };
  if (await has("master", "session_id")) return undefined;
  if (await has("raw_data", "extra_data")) return 3;
  if (await has("raw_data", "unique_id")) return 2;
  return (await has("replay_data", "extra_info")) ? 1 : 0;
}

/** Copies the file, its write-ahead log included, and makes sure that the copy is whole before it gets its name. */
async function makeBackup(
  file: SqliteFile,
  writer: DataSource,
  { rows }: UpgradePlan,
  onProgress: (text: string) => void,
): Promise<string> {
  const path = await freePath(file.path);
  onProgress(`making the backup ${path}`);
  const part = `${path}.part`;
  try {
    await rm(part, { force: true });
    await makePrivateCopy(part, file.path, async () => {
      await writer.query("vacuum into ?", [part]);
      await checkCopy(file.at(part), rows);
    });
    await rename(part, path);
    await syncFolder(dirname(path)).catch(() => undefined);
    return path;
  } catch (error) {
    await rm(part, { force: true });
    const why =
      sqliteCodeOf(error) === "SQLITE_FULL"
        ? "the disk is full; make room, and try again"
        : error instanceof Error
          ? error.message
          : String(error);
    throw new DatabaseError(
      "cannot_open",
      `The backup ${path} cannot be made, and nothing was changed: ${why}.`,
      { cause: error },
    );
  }
}

async function checkCopy(file: SqliteFile, rows: UpgradePlan["rows"]): Promise<void> {
  const copy = await file.openReader();
  try {
    const [check] = await copy.query<{ integrity_check: string }[]>("pragma integrity_check(1)");
    const isSame = JSON.stringify(await countRows(copy)) === JSON.stringify(rows);
    if (check?.integrity_check !== "ok" || !isSame) throw new Error("the copy is not the same as the file");
  } finally {
    await copy.destroy();
  }
}

/** `lab.backup.db` for `lab.db`, or `lab.backup-2.db` and so on where there is one. */
async function freePath(path: string): Promise<string> {
  const extension = extname(path);
  const stem = path.slice(0, path.length - extension.length);
  for (let number = 1; ; number += 1) {
    const candidate = `${stem}.backup${number === 1 ? "" : `-${number}`}${extension}`;
    const isFree = await stat(candidate).then(
      () => false,
      () => true,
    );
    if (isFree) return candidate;
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await openFile(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function checkReferences(writer: DataSource, path: string): Promise<void> {
  const [fault] = await writer.query<unknown[]>("pragma foreign_key_check");
  if (fault === undefined) return;
  throw new DatabaseError(
    "cannot_open",
    `${path} was upgraded, and has rows that refer to none: keep the backup, and report it.`,
  );
}

async function findDue(manager: EntityManager): Promise<number[]> {
  const rows = await query<{ unique_id: number }>(
    manager,
    "select unique_id from master where rebuild_due order by unique_id",
  );
  return rows.map(({ unique_id }) => unique_id);
}

async function deriveTrials(writer: DataSource, onProgress: (text: string) => void) {
  const due = await findDue(writer.manager);
  const notes: string[] = [];
  const totals = { sessions: due.length, trialsAdded: 0, extraDataFilled: 0, underivable: 0 };
  for (const [index, masterId] of due.entries()) {
    onProgress(`deriving trials: session ${index + 1} of ${due.length}`);
    await writer.transaction(async (manager) => {
      const session = await rebuildSession(manager, masterId, "write");
      await query(manager, `update master set rebuild_due = null where unique_id = ${masterId}`);
      totals.trialsAdded += session.trialsAdded;
      totals.extraDataFilled += session.extraDataFilled;
      totals.underivable += session.underivable;
      for (const note of session.notes) notes.push(`Session ${session.sessionId}: ${note}`);
    });
  }
  notes.push(...(await describePickles(writer)));
  const more = notes.length - mostNotes;
  return {
    ...totals,
    rows: await countRows(writer),
    notes: more > 0 ? [...notes.slice(0, mostNotes), `… and ${more} more.`] : notes,
  };
}

/** What is still a pickle, and where. */
async function describePickles(dataSource: DataSource): Promise<string[]> {
  const messages = await dataSource.query<{ unique_id: number; derivation_error: string }[]>(
    "select unique_id, derivation_error from replay_data where derivation_error like 'The message is kept as %' order by unique_id",
  );
  const kept = messages.map((row) => `replay_data ${row.unique_id}: ${row.derivation_error}`);
  const others = [
    ["strat_data", "strat", "coding = 'pickle'"],
    ["config_data", "config", `config like '{"$bytes":%'`],
    ["replay_data", "extra_info", `extra_info like '{"$bytes":%'`],
    ["raw_data", "extra_data", `extra_data like '{"$bytes":%'`],
  ] as const;
  for (const [table, column, condition] of others) {
    const rows = await dataSource.query<{ unique_id: number }[]>(
      `select unique_id from ${table} where ${condition} order by unique_id`,
    );
    for (const row of rows)
      kept.push(`${table} ${row.unique_id}: ${column} is kept as the pickle that it was.`);
  }
  return kept;
}

/** As {@link planUpgrade}, of the file at a path. */
export function planUpgradeOf(path: string): Promise<UpgradePlan> {
  return planUpgrade(engineOf(path));
}

/** As {@link upgrade}, of the file at a path. */
export function upgradeFile(path: string, onProgress: (text: string) => void): Promise<UpgradeReport> {
  return upgrade(engineOf(path), onProgress);
}

function engineOf(location: string): SqliteFile {
  const { file } = engineAt(location);
  if (file !== undefined) return file;
  throw new DatabaseError(
    "bad_address",
    "Only files are upgraded; a server's database is, when telltale serve starts.",
  );
}
