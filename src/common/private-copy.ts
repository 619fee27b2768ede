import { chmod, open, stat } from "node:fs/promises";

/**
 * Creates a copy of a file without giving anyone more access: only the owner can read it while it is being written, and it gets the
 * original's permissions at the end. The copy is then on disk.
 *
 * @param path must not exist.
 * @param original the file whose permissions the copy gets.
 * @param write fills the copy and checks it.
 */
export async function makePrivateCopy<Result>(
  path: string,
  original: string,
  write: () => Promise<Result>,
): Promise<Result> {
  await (await open(path, "wx", 0o600)).close();
  const result = await write();
  // Sync before changing permissions: the original's may forbid writing, and Windows syncs only files opened to write.
  const file = await open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await chmod(path, (await stat(original)).mode & 0o777);
  return result;
}
