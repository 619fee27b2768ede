import { lstatSync, realpathSync } from "node:fs";
import { resolve } from "node:path";
import { DatabaseError } from "../database-error.js";
import type { Engine } from "./engine.js";
import { PostgresEngine } from "./postgres.js";
import { SqliteEngine } from "./sqlite.js";

/** A scheme and a colon; one letter and a colon begin a path on Windows. */
const address = /^[a-z][\w+.-]+:|:\/\//i;

/**
 * The engine of a location: `postgres://…` is a server, anything else the path of a SQLite file.
 *
 * @throws DatabaseError `bad_argument` for what cannot name either; `bad_address`, also where it looks like an address of another kind; it repeats nothing of that.
 */
export function engineAt(location: string, busyTimeoutMs = 5000): Engine {
  if (typeof (location as unknown) !== "string" || location === "" || location.includes("\0")) {
    throw new DatabaseError(
      "bad_argument",
      "A database is named by the path of a file, or the address of a PostgreSQL database.",
    );
  }
  const trimmed = location.trim();
  if (/^postgres(ql)?:/i.test(trimmed)) return new PostgresEngine(trimmed, busyTimeoutMs);
  if (address.test(trimmed)) {
    throw new DatabaseError(
      "bad_address",
      "telltale writes SQLite files and PostgreSQL databases; give the path of a file, or postgres://user:password@host:5432/database.",
    );
  }
  return new SqliteEngine(followLink(resolve(location)), busyTimeoutMs);
}

/**
 * The file that a link leads to: SQLite keeps the write-ahead log beside it, its folder is the one that must be safe, and it is what is
 * to be gone when the database is deleted.
 */
function followLink(path: string): string {
  try {
    return lstatSync(path).isSymbolicLink() ? realpathSync(path) : path;
  } catch {
    // It is missing, or what it leads to is; opening it says so.
    return path;
  }
}
