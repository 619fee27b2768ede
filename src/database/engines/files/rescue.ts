import { mkdir, open, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { DataSource } from "typeorm";
import { timeStamp } from "./time-stamp.js";
import type { FileChange } from "./open-files.js";

/**
 * Saves what a connection's files hold once the path no longer names them, while it still has them open:
 *
 * | change                        | what is done                                                                               |
 * | ----------------------------- | ------------------------------------------------------------------------------------------ |
 * | main file missing or replaced | everything is copied to `PATH.rescued-TIME`, and then the log emptied into the old file    |
 * | log missing or replaced       | the log is copied into the main file; another's log is renamed to `PATH-wal.replaced-TIME` |
 * | anything else                 | nothing                                                                                    |
 *
 * @param checkpoint empties the write-ahead log.
 * @returns the path of the copy, if one was needed.
 * @throws why nothing could be saved; the files are then as they were.
 */
export async function rescue(
  writer: DataSource,
  path: string,
  { suffix, kind }: FileChange,
  checkpoint: () => Promise<void>,
): Promise<string | undefined> {
  if (suffix === "-wal") {
    await checkpoint();
    // Its pages are of another time or database: SQLite would copy them over those of this one.
    if (kind === "replaced" && (await stat(`${path}-wal`)).size > 0)
      await rename(`${path}-wal`, `${path}-wal.replaced-${timeStamp()}`);
    return undefined;
  }
  if (suffix !== "" || kind === "truncated") return undefined;
  const copy = `${path}.rescued-${timeStamp()}`;
  await mkdir(dirname(path), { recursive: true });
  // Only the owner may read it, as long as nobody knows whose permissions it should have.
  await (await open(copy, "wx", 0o600)).close();
  await writer.query("vacuum into ?", [copy]);
  // The log beside a new main file belongs to the old one.
  await checkpoint();
  return copy;
}
