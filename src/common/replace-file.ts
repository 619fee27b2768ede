import { randomBytes } from "node:crypto";
import { link, lstat, open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { FileError } from "./file-error.js";

/** A name beside a path, for what is not finished; one that a killed export leaves behind can be known by it. */
export function nameBeside(path: string, what: "partial" | "replaced"): string {
  // A name may have 255 bytes; that of the path may have them all.
  const name = Array.from(basename(path)).slice(0, 40).join("");
  return join(dirname(path), `${name}.telltale-${what}-${randomBytes(4).toString("hex")}`);
}

/** Takes away what was not finished; what cannot be taken away now must not hide why. */
export async function removePartial(partial: string): Promise<void> {
  await rm(partial, { recursive: true, force: true }).catch(() => undefined);
}

/** Whether anything has this path, a dangling link too. */
export async function isTaken(path: string): Promise<boolean> {
  return (await lstat(path).catch(ignoreMissing)) !== undefined;
}

/**
 * Makes sure that a file may be given this name.
 *
 * @param isForced whether it may take the place of a file that is there.
 * @throws FileError `exists`, `not_an_export`.
 */
export async function needFree(path: string, isForced: boolean): Promise<void> {
  if (!(await isTaken(path))) return;
  if (!isForced) throw exists(path);
  const entry = await stat(path).catch(() => undefined);
  if (entry === undefined || entry.isFile()) return;
  const what = entry.isDirectory() ? "a folder" : "no ordinary file";
  throw new FileError("not_an_export", `${path} is ${what}, and is not written over.`);
}

/**
 * Gives a finished file its name.
 *
 * @param isForced whether it takes the place of what is there.
 * @throws FileError `exists`.
 */
export async function nameFile(partial: string, path: string, isForced: boolean): Promise<void> {
  if (isForced) {
    await rename(partial, path);
  } else {
    try {
      // Unlike a rename this fails where a file has appeared meanwhile.
      await link(partial, path);
      await rm(partial);
    } catch (error) {
      if (hasCode(error, "EEXIST") || (await isTaken(path))) throw exists(path);
      // Some file systems have no links.
      if (!hasCode(error, "EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK")) throw error;
      await rename(partial, path);
    }
  }
  await syncFolder(dirname(path));
}

/** Writes to disk which names a folder holds. */
export async function syncFolder(path: string): Promise<void> {
  // Windows opens no folders, and needs none of this.
  if (process.platform === "win32") return;
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

export function exists(path: string): FileError {
  return new FileError("exists", `${path} exists already; name another, or write over it with --force.`);
}

function ignoreMissing(error: unknown): undefined {
  if (!hasCode(error, "ENOENT")) throw error;
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}
