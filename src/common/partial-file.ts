import { randomBytes } from "node:crypto";
import { link, lstat, open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { FileError } from "./file-error.js";

/** A path in the same folder for an unfinished or replaced file; its name shows where a killed process left it. */
export function siblingPath(path: string, what: "partial" | "replaced"): string {
  // A name may have 255 bytes, and that of `path` may have all of them.
  const name = Array.from(basename(path)).slice(0, 40).join("");
  return join(dirname(path), `${name}.telltale-${what}-${randomBytes(4).toString("hex")}`);
}

/** Removes an unfinished file or folder; a failure to do so must not hide the error that came first. */
export async function removePartial(partial: string): Promise<void> {
  await rm(partial, { recursive: true, force: true }).catch(() => undefined);
}

/** Whether anything has this path, a dangling symlink too. */
export async function isTaken(path: string): Promise<boolean> {
  return (await lstat(path).catch(ignoreMissing)) !== undefined;
}

/**
 * Checks that a file may get this path.
 *
 * @param isForced whether it may replace an existing file.
 * @throws FileError `exists`, `not_replaceable`.
 */
export async function requireFree(path: string, isForced: boolean): Promise<void> {
  if (!(await isTaken(path))) return;
  if (!isForced) throw alreadyExists(path);
  const entry = await stat(path).catch(() => undefined);
  if (entry === undefined || entry.isFile()) return;
  const what = entry.isDirectory() ? "a folder" : "not an ordinary file";
  throw new FileError("not_replaceable", `${path} is ${what}; name another file.`);
}

/**
 * Gives a finished file its path.
 *
 * @param isForced whether it replaces an existing file.
 * @throws FileError `exists`.
 */
export async function moveIntoPlace(partial: string, path: string, isForced: boolean): Promise<void> {
  if (isForced) {
    await rename(partial, path);
  } else {
    try {
      // Unlike a rename, a link fails where a file has appeared in the meantime.
      await link(partial, path);
      await rm(partial);
    } catch (error) {
      if (hasCode(error, "EEXIST") || (await isTaken(path))) throw alreadyExists(path);
      // Some file systems have no links.
      if (!hasCode(error, "EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK")) throw error;
      await rename(partial, path);
    }
  }
  await syncFolder(dirname(path));
}

/** Syncs a folder, so that new names in it survive a crash. */
export async function syncFolder(path: string): Promise<void> {
  // Windows cannot open folders, and does not need this.
  if (process.platform === "win32") return;
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** The error for a path that is taken. */
export function alreadyExists(path: string): FileError {
  return new FileError("exists", `${path} already exists; name another, or overwrite it with --force.`);
}

function ignoreMissing(error: unknown): undefined {
  if (!hasCode(error, "ENOENT")) throw error;
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}
