import { realpath, stat } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { FileError } from "./file-error.js";

/** A SQLite database's files: its own, and those that SQLite creates next to it. */
const suffixes = ["", "-wal", "-shm", "-journal"];

/**
 * Refuses to write over a database: with `--force`, a mistyped path would replace the database, its write-ahead log, or the folder
 * that holds it.
 *
 * @param path the absolute path to write to.
 * @param databasePath the absolute path of the database's file; undefined for a database on a server.
 * @throws FileError `not_replaceable`.
 */
export async function protectDatabase(path: string, databasePath: string | undefined): Promise<void> {
  if (databasePath === undefined) return;
  const [target, file] = await Promise.all([resolveLinks(path), resolveLinks(databasePath)]);
  for (const suffix of suffixes) {
    if (target === file + suffix || (await isSameFile(path, file + suffix))) {
      throw refused(path, suffix === "" ? "the database itself" : "a part of the database");
    }
  }
  if (file.startsWith(target + sep)) throw refused(path, "a folder that contains the database");
}

/** The path with its links resolved; where the file does not exist, those of its folder. */
async function resolveLinks(path: string): Promise<string> {
  return realpath(path).catch(async () =>
    join(await realpath(dirname(path)).catch(() => dirname(path)), basename(path)),
  );
}

/** Whether two paths lead to one file, through links or in another case. */
async function isSameFile(path: string, other: string): Promise<boolean> {
  const [one, two] = await Promise.all([path, other].map((name) => stat(name).catch(() => undefined)));
  return one !== undefined && two !== undefined && one.dev === two.dev && one.ino === two.ino;
}

function refused(path: string, what: string): FileError {
  return new FileError("not_replaceable", `${path} is ${what}; name another file.`);
}
