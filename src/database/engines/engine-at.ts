import { lstatSync, realpathSync } from "node:fs";
import { resolve } from "node:path";
import { DatabaseError } from "../database-error.js";
import type { Engine } from "./engine.js";
import { SqliteEngine, type SqliteOptions } from "./sqlite.js";

/**
 * An address, or what looks like a mistyped one: a scheme and a colon (a single letter and a colon begin a Windows path), a scheme
 * whose colon was forgotten, or a user and a password before a host.
 */
const address = /^[a-z][\w+.-]+:|:\/\/|^postgres\w*(?:;|\/\/|\\\\)|^[^/\\]+\/\/.*@|[^/\\]:[^/\\]*@/i;

/**
 * The engine of a location: `postgres://…` is a server, anything else the path of a SQLite file.
 *
 * @param busyTimeoutMs how long to wait while another process has the database locked.
 * @param options for SQLite files.
 * @throws DatabaseError `bad_argument` or `bad_address`; its sentence repeats nothing of the location, which may hold a password.
 */
export async function engineAt(
  location: string,
  busyTimeoutMs = 5000,
  options: SqliteOptions = {},
): Promise<Engine> {
  if (typeof (location as unknown) !== "string" || location === "" || location.includes("\0")) {
    throw new DatabaseError(
      "bad_argument",
      "A database is named by the path of a file, or the address of a PostgreSQL database.",
    );
  }
  const trimmed = location.trim();
  if (/^postgres(ql)?:/i.test(trimmed)) {
    // Loading the driver takes a tenth of a command's time, which most spend on a file.
    const { PostgresEngine } = await import("./postgres.js");
    return new PostgresEngine(trimmed, busyTimeoutMs);
  }
  if (address.test(trimmed)) {
    throw new DatabaseError(
      "bad_address",
      "telltale writes SQLite files and PostgreSQL databases; give the path of a file, or postgres://user:password@host:5432/database.",
    );
  }
  return new SqliteEngine(resolveLink(resolve(location)), busyTimeoutMs, options);
}

/**
 * Resolves a link to the file itself: SQLite puts the write-ahead log next to it, its folder must be safe, and deleting the
 * database must delete it.
 */
function resolveLink(path: string): string {
  try {
    return lstatSync(path).isSymbolicLink() ? realpathSync(path) : path;
  } catch {
    // The file or the link's target is missing; opening it reports that.
    return path;
  }
}
