import { access, constants, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { DatabaseError } from "../database-error.js";

/**
 * Checks that this user may write or create a SQLite file, and a write-ahead log next to it. SQLite itself would open the file
 * read-only, and fail at the first message.
 *
 * @throws DatabaseError `cannot_open`.
 */
export async function requireWritePermission(path: string): Promise<void> {
  if ((await exists(path)) && !(await may(path, constants.R_OK | constants.W_OK)))
    throw refused(path, "this user may not write to it");
  if (!(await mayWriteInFolder(path)))
    throw refused(path, `this user may not write in its folder, ${dirname(path)}`);
}

/** Whether a SQLite file has no write-ahead log, and this user may not create one. */
export async function cannotHaveLog(path: string): Promise<boolean> {
  return !(await mayWriteInFolder(path)) && !(await hasLog(path)) && !(await exists(`${path}-shm`));
}

/** Whether the latest changes of a SQLite file are in a write-ahead log that this user has no permission to read. */
export async function hasUnreadableLog(path: string): Promise<boolean> {
  return !(await mayWriteInFolder(path)) && (await hasLog(path));
}

async function hasLog(path: string): Promise<boolean> {
  const log = await stat(`${path}-wal`).catch(() => undefined);
  return (log?.size ?? 0) > 0;
}

function mayWriteInFolder(path: string): Promise<boolean> {
  return may(dirname(path), constants.W_OK | constants.X_OK);
}

function may(path: string, what: number): Promise<boolean> {
  return access(path, what).then(
    () => true,
    () => false,
  );
}

function exists(path: string): Promise<boolean> {
  return may(path, constants.F_OK);
}

function refused(path: string, why: string): DatabaseError {
  return new DatabaseError("cannot_open", `${path} cannot be written: ${why}; check the permissions.`);
}
