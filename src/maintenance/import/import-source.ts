import { rmSync } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { DataSource } from "typeorm";
import { DatabaseError, type Read, type SqliteFile, engineAt, query } from "../../database/index.js";
import { type UpgradePlan, planUpgrade } from "../upgrade/plan.js";
import { type UpgradeReport, upgradeCopy } from "../upgrade/upgrade.js";

/** A file whose sessions are imported: it, or a copy of it that was upgraded. */
export class ImportSource {
  constructor(
    /** The file's absolute path. */
    readonly path: string,
    /** What was done to the copy. */
    readonly upgrade: UpgradeReport | undefined,
    readonly file: SqliteFile,
    readonly reader: DataSource,
  ) {}

  /** Reads. @throws DatabaseError when the file cannot be read. */
  readonly read: Read = async (sql, parameters) => {
    try {
      return await query(this.reader.manager, sql, parameters);
    } catch (error) {
      throw await this.file.explain(error);
    }
  };

  /** Runs `work`, which sees the file as it is now, whatever another program writes to it meanwhile. */
  async snapshot<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.read("begin deferred transaction");
    try {
      return await work();
    } finally {
      await this.read("rollback");
    }
  }
}

/**
 * Runs `work` on a file that is only read: where its schema is an older one, on a copy that is upgraded in the system's folder for
 * temporary files and removed afterwards.
 *
 * @param target the path of the database that it is imported into; undefined where that is no file.
 * @throws what `work` throws; DatabaseError as {@link checkImport} does, and when the copy cannot be made or upgraded.
 */
export async function readSource<Result>(
  location: string,
  target: string | undefined,
  onProgress: (text: string) => void,
  work: (source: ImportSource) => Promise<Result>,
): Promise<Result> {
  const { file, migrations, sessionsDue } = await checkImport(location, target);
  return leavingNothing(file, async () => {
    if (migrations.length === 0 && sessionsDue === 0)
      return withReader(file, (reader) => work(new ImportSource(file.path, undefined, file, reader)));
    return inFolder(file, async (folder) => {
      const copy = file.at(join(folder, basename(file.path)));
      const upgrade = await upgradeInto(copy, file, onProgress);
      return withReader(copy, (reader) => work(new ImportSource(file.path, upgrade, copy, reader)));
    });
  });
}

/**
 * Whether a file can be imported; changes nothing.
 *
 * @param target the path of the database that it is imported into; undefined where that is no file.
 * @throws DatabaseError that says what it is instead.
 */
export async function checkImport(
  location: string,
  target: string | undefined,
): Promise<UpgradePlan & { readonly file: SqliteFile }> {
  const { file } = engineAt(location);
  if (file === undefined)
    throw new DatabaseError("bad_address", "Only SQLite files are imported; name a file.");
  const [entry, targetEntry] = await Promise.all([statOf(file.path), statOf(target)]);
  if (entry !== undefined && entry.ino === targetEntry?.ino && entry.dev === targetEntry.dev) {
    throw new DatabaseError(
      "bad_argument",
      `${file.path} is the database itself; name another file, or another database with --db.`,
    );
  }
  return { file, ...(await leavingNothing(file, () => planUpgrade(file))) };
}

/** Runs `work`, which reads, and leaves beside the file what was there before. */
async function leavingNothing<Result>(file: SqliteFile, work: () => Promise<Result>): Promise<Result> {
  const hadLog = await file.hasLog();
  try {
    return await work();
  } finally {
    // A file that we may not write, say, keeps beside it what SQLite has put there.
    if (!hadLog && (await file.hasLog())) await file.tidy().catch(() => undefined);
  }
}

async function statOf(path: string | undefined) {
  if (path === undefined) return undefined;
  // Windows' numbers of files are larger than a double holds.
  return stat(path, { bigint: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new DatabaseError("cannot_open", `${path} cannot be opened; check the file and its rights.`, {
      cause: error,
    });
  });
}

async function withReader<Result>(
  file: SqliteFile,
  work: (reader: DataSource) => Promise<Result>,
): Promise<Result> {
  const reader = await file.openReader();
  try {
    return await work(reader);
  } finally {
    await reader.destroy();
  }
}

/** Runs `work` with a folder that is removed afterwards, also when the process is told to exit meanwhile. */
async function inFolder<Result>(
  file: SqliteFile,
  work: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "telltale-import-")).catch((error: unknown) => {
    throw cannotCopy(file, error);
  });
  const removeNow = () => {
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", removeNow);
  try {
    return await work(folder);
  } finally {
    process.off("exit", removeNow);
    await rm(folder, { recursive: true, force: true });
  }
}

/** Copies a file, its write-ahead log included, and upgrades the copy. */
async function upgradeInto(
  copy: SqliteFile,
  original: SqliteFile,
  onProgress: (text: string) => void,
): Promise<UpgradeReport> {
  onProgress("making a copy to upgrade");
  try {
    await withReader(original, (reader) => reader.query("vacuum into ?", [copy.path]));
    return await upgradeCopy(copy, onProgress);
  } catch (error) {
    throw cannotCopy(original, error);
  }
}

function cannotCopy({ path }: SqliteFile, error: unknown): DatabaseError {
  const why = error instanceof Error ? error.message.replace(/\.$/, "") : String(error);
  return new DatabaseError(
    "cannot_open",
    `${path} must be upgraded in a copy first, and cannot be, in ${tmpdir()}: ${why}; nothing of it was imported.`,
    { cause: error },
  );
}
