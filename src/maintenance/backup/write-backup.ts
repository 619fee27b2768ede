import { stat } from "node:fs/promises";
import {
  FileError,
  type WriteOptions,
  explainWriteError,
  isTaken,
  moveIntoPlace,
  protectDatabase,
  removePartial,
  requireFree,
  siblingPath,
} from "../../common/index.js";
import { DatabaseError, ReadOnlyStore } from "../../database/index.js";
import { type SnapshotCopy, copySnapshot } from "./copy-snapshot.js";
import { type DatabaseVerification, verifyDatabase } from "../verify/verify-database.js";
import { type CopyOptions, interruptible } from "./online-backup.js";

/** A backup, and what verifying it found. */
export interface Backup extends SnapshotCopy {
  /** Undefined if the schema is an older telltale's, which cannot be verified before it is upgraded. */
  readonly verification: DatabaseVerification | undefined;
  /** Whether the backup is at its path: it replaces no older one if something in it can only be restored. */
  readonly isInPlace: boolean;
}

/**
 * Copies a SQLite database to a file that appears only when it is complete and checked; see {@link copySnapshot}. Verifies what it holds, as
 * {@link verifyDatabase} does. On any failure nothing is left behind; a killed process leaves `….telltale-partial-…`.
 *
 * @throws FileError; DatabaseError, which names PostgreSQL's own program for a database on a server; the signal's reason.
 */
export async function writeBackup(
  database: ReadOnlyStore,
  path: string,
  { isForced, ...options }: WriteOptions & CopyOptions,
): Promise<Backup> {
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
    const verification = await verifyCopy(partial, options.signal);
    const isDamaged = verification?.findings.some(({ remedy }) => remedy === "restore") ?? false;
    const isInPlace = !isDamaged || !(await isTaken(path));
    if (isInPlace) await moveIntoPlace(partial, path, isForced && !isDamaged);
    else await removePartial(partial);
    return { ...copy, verification, isInPlace };
  } catch (error) {
    for (const suffix of ["", "-journal", "-wal", "-shm"]) await removePartial(partial + suffix);
    if (!(error instanceof DatabaseError && error.code === "disk_full")) throw explainWriteError(path, error);
    throw new FileError("cannot_write", `${path} cannot be written: the disk is full.`, { cause: error });
  }
}

/** @returns undefined for an older schema. @throws the signal's reason. */
async function verifyCopy(path: string, signal: AbortSignal): Promise<DatabaseVerification | undefined> {
  const copy = await ReadOnlyStore.open(path);
  try {
    const onSession = () => {
      signal.throwIfAborted();
    };
    return await interruptible(copy.reader, signal, () => verifyDatabase(copy, onSession));
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DatabaseError && error.code === "outdated_database") return undefined;
    throw error;
  } finally {
    await copy.close();
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
