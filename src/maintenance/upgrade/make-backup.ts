import { rename, rm } from "node:fs/promises";
import { dirname, extname } from "node:path";
import type { DataSource } from "typeorm";
import { isTaken, makePrivateCopy, syncFolder } from "../../common/index.js";
import { DatabaseError, type SqliteFile, sqliteCodeOf } from "../../database/index.js";
import { type RowCounts, findFault } from "../backup/verify-copy.js";

/**
 * Copies a file, its write-ahead log included, to `….backup.db` next to it, and checks the copy before it gets that name.
 *
 * @param writer a connection that holds the file exclusively.
 * @returns the path of the backup.
 * @throws DatabaseError `cannot_open` when the backup cannot be made.
 */
export async function makeBackup(
  file: SqliteFile,
  writer: DataSource,
  rows: RowCounts,
  onProgress: (text: string) => void,
): Promise<string> {
  const path = await freePath(file.path);
  onProgress(`making the backup ${path}`);
  const part = `${path}.part`;
  try {
    await rm(part, { force: true });
    await makePrivateCopy(part, file.path, async () => {
      await writer.query("vacuum into ?", [part]);
      await checkCopy(file.at(part), rows);
    });
    await rename(part, path);
    await syncFolder(dirname(path)).catch(() => undefined);
    return path;
  } catch (error) {
    await rm(part, { force: true });
    throw new DatabaseError(
      "cannot_open",
      `The backup ${path} cannot be made, and nothing was changed: ${explain(error)}.`,
      { cause: error },
    );
  }
}

async function checkCopy(file: SqliteFile, rows: RowCounts): Promise<void> {
  const copy = await file.openReader();
  try {
    const fault = await findFault(copy, rows);
    if (fault !== undefined) throw new Error(`the copy is damaged (${fault})`);
  } finally {
    await copy.destroy();
  }
}

function explain(error: unknown): string {
  if (sqliteCodeOf(error) === "SQLITE_FULL") return "the disk is full; make room, and try again";
  return error instanceof Error ? error.message : String(error);
}

/** `lab.backup.db` for `lab.db`; `lab.backup-2.db` and so on if that is taken. */
async function freePath(path: string): Promise<string> {
  const extension = extname(path);
  const stem = path.slice(0, path.length - extension.length);
  for (let number = 1; ; number += 1) {
    const candidate = `${stem}.backup${number === 1 ? "" : `-${number}`}${extension}`;
    if (!(await isTaken(candidate))) return candidate;
  }
}
