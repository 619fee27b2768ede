import type { DataSource } from "typeorm";
import { adoptMigrations } from "../../../migrations/pending.js";
import { DatabaseError, type SqliteFile, runMigrations } from "../../database/index.js";
import { type RowCounts, countRows } from "../backup/verify-copy.js";
import { type DerivedTrials, deriveDueTrials } from "./derive-trials.js";
import { describeKeptPickles } from "./kept-pickles.js";
import { makeBackup } from "./make-backup.js";
import { type UpgradePlan, fileToUpgrade, planUpgrade, readPlan } from "./plan.js";

/** What an upgrade did. */
export interface UpgradeReport extends DerivedTrials {
  readonly plan: UpgradePlan;
  /** The path of the backup; undefined if no migration was pending. */
  readonly backup: string | undefined;
  /** The rows of each table after the upgrade. */
  readonly rows: RowCounts;
}

/** The number of notes in a report; more are only counted. */
const mostNotes = 50;

/**
 * Upgrades a file that AEPsych wrote: makes a backup next to it, runs the pending migrations, and derives the trials of its sessions,
 * each step in a transaction of its own. No other program can read or write the file meanwhile. Killed at any point, it leaves the
 * file before or after a transaction; run again, it finishes the work.
 *
 * @param onProgress called with what is being done.
 * @throws DatabaseError when the file cannot be upgraded; then either nothing or whole steps were done.
 */
export async function upgrade(
  file: SqliteFile,
  onProgress: (text: string) => void = () => undefined,
): Promise<UpgradeReport> {
  return upgradeAlone(file, onProgress, false);
}

/** Upgrades the file at a path; see {@link upgrade}. */
export async function upgradeFile(path: string, onProgress: (text: string) => void): Promise<UpgradeReport> {
  return upgrade(await fileToUpgrade(path), onProgress);
}

/** As {@link upgrade}, for a file that is itself a copy and needs no backup. */
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
  // Refuse a file that cannot be upgraded through a connection that cannot change it.
  await planUpgrade(file);
  const writer = await file.openForUpgrade(onProgress);
  try {
    const plan = await readPlan(writer);
    const isPending = plan.migrations.length > 0;
    const backup = isPending && !isCopy ? await makeBackup(file, writer, plan.rows, onProgress) : undefined;
    await file.makeDurable(writer);
    if (isPending) {
      await adoptMigrations(writer);
      await runMigrations(writer);
      await checkReferences(writer, file.path);
    }
    const derived = await deriveDueTrials(writer, onProgress);
    const notes = shorten([...derived.notes, ...(await describeKeptPickles(writer))]);
    return { plan, backup, ...derived, rows: await countRows(writer), notes };
  } catch (error) {
    throw await file.explain(error);
  } finally {
    await file.checkpoint(writer).catch(() => undefined);
    await writer.destroy();
    await file.tidy().catch(() => undefined);
  }
}

async function checkReferences(writer: DataSource, path: string): Promise<void> {
  const [fault] = await writer.query<unknown[]>("pragma foreign_key_check");
  if (fault === undefined) return;
  throw new DatabaseError(
    "cannot_open",
    `${path} was upgraded but has rows whose parent is missing. Keep the backup and report this.`,
  );
}

function shorten(notes: readonly string[]): readonly string[] {
  const more = notes.length - mostNotes;
  return more > 0 ? [...notes.slice(0, mostNotes), `… and ${more} more.`] : notes;
}
