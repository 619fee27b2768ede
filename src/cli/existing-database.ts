import { stat } from "node:fs/promises";
import { Database, DatabaseError } from "../database/index.js";
import { engineAt } from "../database/engine-at.js";

/** How long a command waits for a daemon that has the database locked. */
const busyTimeoutMs = 10_000;

/**
 * Opens a database that must be there: a command that reads or mends makes none.
 *
 * @throws DatabaseError `no_database`, or as {@link Database.open} does.
 */
export async function openExistingDatabase(
  location: string,
  { readOnly = false }: { readonly readOnly?: boolean } = {},
): Promise<Database> {
  const { path } = engineAt(location, busyTimeoutMs);
  if (path !== undefined) {
    const entry = await stat(path).catch(() => undefined);
    const why = entry === undefined ? "does not exist" : entry.size === 0 ? "is empty" : undefined;
    if (why !== undefined)
      throw new DatabaseError("no_database", `${path} ${why}; name the database with --db.`);
  }
  return Database.open(location, { busyTimeoutMs, readOnly });
}
