import { stat } from "node:fs/promises";
import { DatabaseError, type ReadOnlyStore } from "../../database/index.js";
import { type CopyOptions, type SnapshotCopy, copySnapshot } from "./copy-snapshot.js";
import {
  explainWriteError,
  FileError,
  moveIntoPlace,
  protectDatabase,
  removePartial,
  requireFree,
  siblingPath,
  type WriteOptions,
} from "../../common/index.js";

/**
 * Copies a SQLite database to a file, which appears when it is whole and checked, as {@link copySnapshot} says. Whatever fails, nothing
 * of it is left; a process that is killed leaves `….telltale-partial-…`.
 *
 * @throws FileError; DatabaseError, also for a database on a server, with how that is backed up; the signal's reason.
 */
export async function writeBackup(
  database: ReadOnlyStore,
  path: string,
  { isForced, ...options }: WriteOptions & CopyOptions,
): Promise<SnapshotCopy> {
  if (database.path === undefined) {
    throw new DatabaseError(
      "bad_address",
      `A PostgreSQL database is backed up by PostgreSQL's own program, also while the daemon runs: pg_dump --format=custom --file=${path} '${database.name}'`,
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
    for (const end of ["", "-journal", "-wal", "-shm"]) await removePartial(partial + end);
    if (!(error instanceof DatabaseError && error.code === "disk_full")) throw explainWriteError(path, error);
    throw new FileError("cannot_write", `${path} cannot be written: the disk is full.`, { cause: error });
  }
}

/** SQLite would take a log that lies beside a file for the file's own, and write what stands in it over the backup. */
async function refuseLogs(path: string): Promise<void> {
  for (const log of [`${path}-wal`, `${path}-journal`]) {
    if ((await stat(log).catch(() => undefined)) === undefined) continue;
    throw new FileError(
      "not_replaceable",
      `${log} belongs to a database that is in use, or was not closed; name another file than ${path}.`,
    );
  }
}
