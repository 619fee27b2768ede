import { access, constants, stat } from "node:fs/promises";
import { QueryFailedError } from "typeorm";
import { hasUnreadableLog } from "./sqlite-permissions.js";
import { DatabaseError, type DatabaseErrorCode } from "../database-error.js";

/** SQLite's code of an error, such as `SQLITE_FULL`; undefined for other errors. */
export function sqliteCodeOf(error: unknown): string | undefined {
  const source: unknown = error instanceof QueryFailedError ? error.driverError : error;
  const code = source instanceof Error && "code" in source ? source.code : undefined;
  return typeof code === "string" && code.startsWith("SQLITE_") ? code : undefined;
}

/** What a failure of a SQLite file means to the user. */
export async function explainSqliteError(error: unknown, path: string): Promise<DatabaseError> {
  if (error instanceof DatabaseError) return error;
  const says = (kind: DatabaseErrorCode, sentence: string) =>
    new DatabaseError(kind, `${path} ${sentence}`, { cause: error });
  const code = sqliteCodeOf(error);
  if ((code === "SQLITE_CANTOPEN" || code === "SQLITE_READONLY") && (await hasUnreadableLog(path)))
    return says("cannot_open", "has a -wal file; reading it needs write permission on its folder.");
  switch (code) {
    case "SQLITE_NOTADB":
      return says("not_a_database", "is not a SQLite database; choose another file.");
    case "SQLITE_CORRUPT":
      return says("not_a_database", "is damaged; restore it from a backup.");
    case "SQLITE_BUSY":
    case "SQLITE_LOCKED":
      return says("in_use", "is locked by another program; close it there, and try again.");
    case "SQLITE_FULL":
      return says("disk_full", "cannot be written: the disk is full; make room, and try again.");
    case "SQLITE_READONLY":
      return says("cannot_open", "cannot be written; check the permissions of the file and its folder.");
    default: {
      const why = (await findReason(path)) ?? (error instanceof Error ? error.message : String(error));
      return says("cannot_open", `cannot be opened: ${why}; check the file and its permissions.`);
    }
  }
}

async function findReason(path: string): Promise<string | undefined> {
  const entry = await stat(path).catch((error: unknown) => error);
  if (entry instanceof Error)
    return "code" in entry && entry.code === "ENOENT" ? "it does not exist" : undefined;
  if ((entry as Awaited<ReturnType<typeof stat>>).isDirectory()) return "it is a folder";
  const isReadable = await access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
  return isReadable ? undefined : "this user may not read it";
}
