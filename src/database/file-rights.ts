import { access, constants, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { DatabaseError } from "./database-error.js";

/**
 * Makes sure that this user may write to a SQLite file, or make it, and keep a write-ahead log beside it; SQLite itself would open it
 * to read only, and say so with the first message.
 *
 * @throws DatabaseError `cannot_open`.
 */
export async function needWriteRights(path: string): Promise<void> {
  const folder = dirname(path);
  if ((await exists(path)) && !(await may(path, constants.R_OK | constants.W_OK)))
    throw refused(path, `this user may not write to it`);
  if (!(await may(folder, constants.W_OK | constants.X_OK)))
    throw refused(path, `this user may not write in its folder, ${folder}`);
}

/** Whether a SQLite file has no write-ahead log, and this user may not make one. */
export async function hasNoLog(path: string): Promise<boolean> {
  if (await may(dirname(path), constants.W_OK)) return false;
  const log = await stat(`${path}-wal`).catch(() => undefined);
  return (log?.size ?? 0) === 0 && !(await exists(`${path}-shm`));
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
