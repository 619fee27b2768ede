import { stat } from "node:fs/promises";
import {
  FileError,
  type WriteOptions,
  explainWriteError,
  moveIntoPlace,
  protectDatabase,
  removePartial,
  requireFree,
  siblingPath,
} from "../../common/index.js";
import { DatabaseError, type ReadOnlyStore } from "../../database/index.js";
import { type SnapshotCopy, copySnapshot } from "./copy-snapshot.js";
import type { CopyOptions } from "./online-backup.js";

/**
 * Copies a SQLite database to a file that appears only when it is complete and checked; see {@link copySnapshot}. On any failure
 * nothing is left behind; a killed process leaves `….telltale-partial-…`.
 *
 * @throws FileError; DatabaseError, which names PostgreSQL's own program for a database on a server; the signal's reason.
 */
export async function writeBackup(
  database: ReadOnlyStore,
  path: string,
  { isForced, ...options }: WriteOptions & CopyOptions,
): Promise<SnapshotCopy> {
  if (database.path === undefined) {
    throw new DatabaseError(
      "bad_address",
      `Back up a PostgreSQL database with PostgreSQL's own program; the daemon may run meanwhile: pg_dump --format=custom --file=${path} '${database.name}'`,
    );
  }
  const partial = siblingPath(path, "partial");
  try {
    await protectDatabase(path, database.path);
    await requireFree(path, isForced);
    await refuseLogs(path);
    const copy = await copySnapshot(database, partial, options);
    await moveIntoPlace(partial, path, isForced);
    return copy;
  } catch (error) {
    for (const suffix of ["", "-journal", "-wal", "-shm"]) await removePartial(partial + suffix);
    if (!(error instanceof DatabaseError && error.code === "disk_full")) throw explainWriteError(path, error);
    throw new FileError("cannot_write", `${path} cannot be written: the disk is full.`, { cause: error });
  }
}

/** Refuses a path that has a log next to it: SQLite would apply that log to the backup and overwrite its pages. */
async function refuseLogs(path: string): Promise<void> {
  for (const log of [`${path}-wal`, `${path}-journal`]) {
    if ((await stat(log).catch(() => undefined)) === undefined) continue;
    throw new FileError(
      "not_replaceable",
      `${log} belongs to a database that is open or was not closed properly; back up to another path than ${path}.`,
    );
  }
}
