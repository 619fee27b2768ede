import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";

/** Creates a folder and those above it, and makes their names survive a crash. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let folder = path; folder.length >= dirname(first).length; folder = dirname(folder)) {
    await syncFolder(folder);
    if (folder === dirname(folder)) return;
  }
}

/**
 * Makes a new name in the folder survive a crash. Windows cannot sync a folder and need not; some network file systems cannot.
 *
 * @throws system errors if the folder cannot be synced.
 */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EINVAL")) throw error;
  } finally {
    await folder.close();
  }
}
