import { access, constants, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { DatabaseError } from "../database-error.js";

/**
 * Makes sure that this user may write to a SQLite file, or make it, and keep a write-ahead log beside it; SQLite itself would open it
 * to read only, and say so with the first message.
 *
 * @throws DatabaseError `cannot_open`.
 */
export async function needWriteRights(path: string): Promise<void> {
  if ((await exists(path)) && !(await may(path, constants.R_OK | constants.W_OK)))
    throw refused(path, "this user may not write to it");
  if (!(await mayWriteBeside(path)))
    throw refused(path, `this user may not write in its folder, ${dirname(path)}`);
}

/** Whether a SQLite file has no write-ahead log, and this user may not make one. */
export async function hasNoLog(path: string): Promise<boolean> {
  return !(await mayWriteBeside(path)) && !(await hasLog(path)) && !(await exists(`${path}-shm`));
}

/** Whether the latest changes of a SQLite file stand in a write-ahead log that this user cannot read for want of rights. */
export async function hasClosedLog(path: string): Promise<boolean> {
  return !(await mayWriteBeside(path)) && (await hasLog(path));
}

async function hasLog(path: string): Promise<boolean> {
  const log = await stat(`${path}-wal`).catch(() => undefined);
  return (log?.size ?? 0) > 0;
}

function mayWriteBeside(path: string): Promise<boolean> {
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
  return new DatabaseError("cannot_open", `${path} cannot be written: ${why}; check the rights.`);
}
