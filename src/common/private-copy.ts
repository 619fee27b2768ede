import { chmod, open, stat } from "node:fs/promises";

/**
 * Makes a file that may hold what another does: while it is written only its owner may read it, afterwards whoever may read the
 * other. It is on disk then.
 *
 * @param path must not exist.
 * @param original the file whose rights it gets.
 * @param write fills it, and looks whether it is whole.
 */
export async function makePrivateCopy<Result>(
  path: string,
  original: string,
  write: () => Promise<Result>,
): Promise<Result> {
  await (await open(path, "wx", 0o600)).close();
  const result = await write();
  // Before it gets its rights: these may allow nobody to write. Windows syncs only what may be written.
  const file = await open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await chmod(path, (await stat(original)).mode & 0o777);
  return result;
}
