import { resolve } from "node:path";
import { DatabaseError } from "./database-error.js";
import type { Engine } from "./engine.js";
import { PostgresEngine } from "./postgres.js";
import { SqliteEngine } from "./sqlite.js";

/**
 * The engine of a location: `postgres://…` is a server, anything else the path of a SQLite file.
 *
 * @throws DatabaseError `bad_address`.
 */
export function engineAt(location: string, busyTimeoutMs: number): Engine {
  if (/^postgres(ql)?:/i.test(location)) return new PostgresEngine(location, busyTimeoutMs);
  // One letter and a colon begin a path on Windows.
  if (/^[a-z][a-z0-9+.-]+:/i.test(location)) {
    throw new DatabaseError(
      "bad_address",
      "telltale writes SQLite files and PostgreSQL databases; give the path of a file, or postgres://user:password@host:5432/database.",
    );
  }
  return new SqliteEngine(resolve(location), busyTimeoutMs);
}
