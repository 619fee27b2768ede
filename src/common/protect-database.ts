import { realpath, stat } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import type { Database } from "../database/index.js";
import { FileError } from "./file-error.js";

/** A SQLite database's files: its own, and what SQLite keeps beside it. */
const parts = ["", "-wal", "-shm", "-journal"];

/**
 * A mistyped path must not cost the data: with `--force` what is written would take the place of the database, of its write-ahead log, or of
 * the folder that holds it.
 *
 * @param path an absolute path.
 * @throws FileError `not_an_export`.
 */
export async function protectDatabase(path: string, database: Database): Promise<void> {
  if (database.path === undefined) return;
  const [target, file] = await Promise.all([realPathOf(path), realPathOf(database.path)]);
  for (const part of parts) {
    if (target === file + part || (await isSame(path, file + part))) {
      throw refused(path, part === "" ? "the database itself" : "a part of the database");
    }
  }
  if (file.startsWith(target + sep)) throw refused(path, "a folder that holds the database");
}

/** The path without links; of one that does not exist, that of its folder. */
async function realPathOf(path: string): Promise<string> {
  return realpath(path).catch(async () =>
    join(await realpath(dirname(path)).catch(() => dirname(path)), basename(path)),
  );
}

/** Whether two paths lead to one file, whatever links and cases they go by. */
async function isSame(path: string, other: string): Promise<boolean> {
  const [one, two] = await Promise.all([path, other].map((name) => stat(name).catch(() => undefined)));
  return one !== undefined && two !== undefined && one.dev === two.dev && one.ino === two.ino;
}

function refused(path: string, what: string): FileError {
  return new FileError("not_an_export", `${path} is ${what}, and is not written over; name another file.`);
}
