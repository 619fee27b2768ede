import { rmSync } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { DataSource } from "typeorm";
import { DatabaseError, type Read, type SqliteFile, engineAt, query } from "../../database/index.js";
import { type UpgradePlan, planUpgrade } from "../upgrade/plan.js";
import { type UpgradeReport, upgradeCopy } from "../upgrade/upgrade.js";

/** A file whose sessions are imported, or an upgraded copy of it. */
export class ImportSource {
  constructor(
    /** The file's absolute path. */
    readonly path: string,
    /** How the copy was upgraded; undefined if the file itself is read. */
    readonly upgrade: UpgradeReport | undefined,
    readonly file: SqliteFile,
    readonly reader: DataSource,
  ) {}

  /** Runs a statement that reads. @throws DatabaseError when the file cannot be read. */
  readonly read: Read = async (sql, parameters) => {
    try {
      return await query(this.reader.manager, sql, parameters);
    } catch (error) {
      throw await this.file.explain(error);
    }
  };

  /** Runs `work`, which sees the file as it is now, even if another program writes to it meanwhile. */
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
 * Runs `work` on a file, which is only read. A file that needs upgrading is upgraded in a temporary copy.
 *
 * @param target the path of the database to import into; undefined for a database on a server.
 * @throws what `work` throws; DatabaseError as {@link checkImport} does, and when the copy cannot be made or upgraded.
 */
export async function readSource<Result>(
  location: string,
  target: string | undefined,
  onProgress: (text: string) => void,
  work: (source: ImportSource) => Promise<Result>,
): Promise<Result> {
  const { file, migrations, sessionsDue } = await checkImport(location, target);
  return withoutNewLog(file, async () => {
    if (migrations.length === 0 && sessionsDue === 0)
      return withReader(file, (reader) => work(new ImportSource(file.path, undefined, file, reader)));
    return inTemporaryFolder(file, async (folder) => {
      const copy = file.at(join(folder, basename(file.path)));
      const upgrade = await upgradeInto(copy, file, onProgress);
      return withReader(copy, (reader) => work(new ImportSource(file.path, upgrade, copy, reader)));
    });
  });
}

/**
 * Checks that a file can be imported; changes nothing.
 *
 * @param target the path of the database to import into; undefined for a database on a server.
 * @returns the plan of the upgrade that a copy of the file needs first.
 * @throws DatabaseError that says why it cannot be imported.
 */
export async function checkImport(
  location: string,
  target: string | undefined,
): Promise<UpgradePlan & { readonly file: SqliteFile }> {
  const { file } = await engineAt(location);
  if (file === undefined)
    throw new DatabaseError("bad_address", "Only SQLite files can be imported; name a file.");
  const [entry, targetEntry] = await Promise.all([statOf(file.path), statOf(target)]);
  if (entry !== undefined && entry.ino === targetEntry?.ino && entry.dev === targetEntry.dev) {
    throw new DatabaseError(
      "bad_argument",
      `${file.path} is the database itself; name another file, or another database with --db.`,
    );
  }
  return { file, ...(await withoutNewLog(file, () => planUpgrade(file))) };
}

/** Runs `work`, which reads, and removes the log that reading leaves next to the file, if there was none before. */
async function withoutNewLog<Result>(file: SqliteFile, work: () => Promise<Result>): Promise<Result> {
  const hadLog = await file.hasLog();
  try {
    return await work();
  } finally {
    // This fails for a file that we may not write, for example; then SQLite's files stay.
    if (!hadLog && (await file.hasLog())) await file.tidy().catch(() => undefined);
  }
}

async function statOf(path: string | undefined) {
  if (path === undefined) return undefined;
  // Inode numbers on Windows exceed the integers of a double.
  return stat(path, { bigint: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new DatabaseError("cannot_open", `${path} cannot be opened; check the file and its permissions.`, {
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

/** Runs `work` with a temporary folder, which is removed afterwards, even if the process exits in between. */
async function inTemporaryFolder<Result>(
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
    `${path} needs upgrading, which failed in a temporary copy in ${tmpdir()}: ${why}. Nothing was imported.`,
    { cause: error },
  );
}
