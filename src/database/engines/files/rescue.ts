import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { DataSource } from "typeorm";
import { timeStamp } from "./time-stamp.js";
import type { FileChange, OpenFiles } from "./open-files.js";

/**
 * Saves what a connection's files hold once the path no longer names them, while it still has them open, and clears the path for
 * the next connection:
 *
 * | change                        | what is done                                                                               |
 * | ----------------------------- | ------------------------------------------------------------------------------------------ |
 * | main file missing or replaced | everything is copied to `PATH.rescued-TIME`, and then the log emptied into the old file;   |
 * |                               | the log and its index are taken from beside the new file, onto which SQLite would copy them |
 * | log missing or replaced       | the log is copied into the main file; another's log is renamed to `PATH-wal.replaced-TIME` |
 * | index missing or replaced     | the log is copied into the main file                                                       |
 * | main file truncated           | nothing: a copy of the log in the file would hide that pages are missing                   |
 *
 * @param checkpoint empties the write-ahead log.
 * @returns the path of the copy, if one was needed.
 * @throws why nothing could be saved; the path is cleared all the same.
 */
export async function rescue(
  writer: DataSource,
  files: OpenFiles,
  { suffix, kind }: FileChange,
  checkpoint: () => Promise<void>,
): Promise<string | undefined> {
  if (kind === "truncated") return undefined;
  try {
    return suffix === "" ? await copyDatabase(writer, files.path) : undefined;
  } finally {
    await checkpoint().finally(() => clearPath(files, suffix));
  }
}

/** Copies what a connection reads to a new file beside `path`, and syncs it. */
async function copyDatabase(writer: DataSource, path: string): Promise<string> {
  const copy = `${path}.rescued-${timeStamp()}`;
  await mkdir(dirname(path), { recursive: true });
  // Readable by the owner only until its final permissions are known.
  const file = await open(copy, "wx", 0o600);
  try {
    await writer.query("vacuum into ?", [copy]);
    await file.sync();
  } finally {
    await file.close();
  }
  return copy;
}

/** Takes away a log that does not belong to the file that the path names now; one that is not empty is renamed. */
async function clearPath(files: OpenFiles, changed: FileChange["suffix"]): Promise<void> {
  const { path } = files;
  // The log belongs to the old main file if it is still the old log, and to the kept main file if it is not another.
  if (changed === "-shm" || files.isInPlace("-wal") !== (changed === "")) return;
  const log = await stat(`${path}-wal`).catch(() => undefined);
  if (log === undefined) return;
  if (log.size === 0) await rm(`${path}-wal`);
  else await rename(`${path}-wal`, `${path}-wal.replaced-${timeStamp()}`);
  if (changed === "" && files.isInPlace("-shm")) await rm(`${path}-shm`);
}
