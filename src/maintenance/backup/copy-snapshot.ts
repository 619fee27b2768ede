import { stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { DataSource } from "typeorm";
import { makePrivateCopy } from "../../common/index.js";
import {
  DatabaseError,
  type ReadOnlyStore,
  type SqliteFile,
  sqliteCodeOf,
  sqliteDriver,
} from "../../database/index.js";
import { type CopyOptions, copyPages, interruptible } from "./online-backup.js";
import { type RowCounts, countRows, countStrayRows, findFault } from "./verify-copy.js";

/** Space that SQLite needs for the journal of a copy. */
const journalBytes = 64 * 1024;

/** The contents of a copy. */
export interface SnapshotCopy {
  readonly rows: RowCounts;
  /** Rows whose parent row is missing, in the original too: another program has changed it. */
  readonly strayRows: number;
}

/**
 * Copies a SQLite file as it is at one moment to a new file, while others write to it, and checks the copy: its integrity, and the
 * number of rows of every table at that moment. The copy needs no write-ahead log, is on disk, and has the file's permissions.
 *
 * @param path must not exist; after a failure, the caller removes what is there.
 * @throws DatabaseError `disk_full` if there is no room for the copy; the system's error if the file cannot be created; the signal's
 *   reason.
 */
export async function copySnapshot(
  database: ReadOnlyStore,
  path: string,
  options: CopyOptions,
): Promise<SnapshotCopy> {
  const { file } = database.engine;
  if (file === undefined) throw new DatabaseError("bad_address", "Only a file can be copied.");
  try {
    return await makePrivateCopy(path, file.path, async () => {
      const rows = await copy(file, path, options);
      return { rows, strayRows: await check(path, rows, options.signal) };
    });
  } catch (error) {
    options.signal.throwIfAborted();
    throw await explain(error, file, path);
  }
}

async function explain(error: unknown, file: SqliteFile, path: string): Promise<unknown> {
  const code = sqliteCodeOf(error);
  if (code === undefined) return error;
  // On a full disk SQLite fails with either code, depending on what it was doing.
  if (code === "SQLITE_FULL" || (code === "SQLITE_IOERR" && !(await hasRoom(file.path, path))))
    return new DatabaseError("disk_full", "There is no room for the copy.", { cause: error });
  if (code !== "SQLITE_IOERR") return file.explain(error);
  const sentence = `Reading the database or writing its copy failed (${(error as Error).message}); check both disks.`;
  return new DatabaseError("cannot_open", sentence, { cause: error });
}

/** Whether the disk of a copy has room for the part that is still missing. */
async function hasRoom(original: string, copy: string): Promise<boolean> {
  const [{ size }, { size: written }, disk] = await Promise.all([
    stat(original),
    stat(copy),
    statfs(dirname(copy)),
  ]);
  return disk.bavail * disk.bsize > size - written + journalBytes;
}

/** Copies the pages in the transaction that counts the rows, so that both are of the same moment. */
async function copy(file: SqliteFile, path: string, options: CopyOptions): Promise<RowCounts> {
  const reader = await file.openReader();
  try {
    return await interruptible(reader, options.signal, async () => {
      await reader.query("begin");
      const rows = await countRows(reader);
      await copyPages(reader, path, options);
      return rows;
    });
  } finally {
    await reader.destroy();
  }
}

/**
 * Checks a copy and counts its stray rows.
 *
 * @throws DatabaseError `not_a_database` if the copy is damaged.
 */
async function check(path: string, rows: RowCounts, signal: AbortSignal): Promise<number> {
  const copied = new DataSource({ type: "sqlite", driver: sqliteDriver(0), database: path, logger: "debug" });
  await copied.initialize();
  try {
    return await interruptible(copied, signal, async () => {
      // The copy must be a single file, readable without write permission.
      await copied.query("pragma journal_mode = delete");
      const fault = await findFault(copied, rows);
      if (fault === undefined) return await countStrayRows(copied);
      throw new DatabaseError(
        "not_a_database",
        `The copy is damaged (${fault}) and was removed. The database may be damaged too: keep its older backups.`,
      );
    });
  } finally {
    await copied.destroy();
  }
}
