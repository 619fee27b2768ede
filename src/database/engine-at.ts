import { resolve } from "node:path";
import { DatabaseError } from "./database-error.js";
import type { Engine } from "./engine.js";
import { PostgresEngine } from "./postgres.js";
import { SqliteEngine } from "./sqlite.js";

/** A scheme and a colon; one letter and a colon begin a path on Windows. */
const address = /^[a-z][\w+.-]+:|:\/\//i;

/**
 * The engine of a location: `postgres://…` is a server, anything else the path of a SQLite file.
 *
 * @throws DatabaseError `bad_address`, also where it looks like an address of another kind; it repeats nothing of that.
 */
export function engineAt(location: string, busyTimeoutMs: number): Engine {
  const trimmed = location.trim();
  if (/^postgres(ql)?:/i.test(trimmed)) return new PostgresEngine(trimmed, busyTimeoutMs);
  if (address.test(trimmed)) {
    throw new DatabaseError(
      "bad_address",
      "telltale writes SQLite files and PostgreSQL databases; give the path of a file, or postgres://user:password@host:5432/database.",
    );
  }
  return new SqliteEngine(resolve(location), busyTimeoutMs);
}
