import { Database } from "../database/index.js";

/** How long a command waits for a daemon that has the database locked. */
const busyTimeoutMs = 10_000;

/**
 * Opens a database that must be there: a command that reads or mends makes none.
 *
 * @param readOnly whether nothing is to be written; false by default.
 * @throws DatabaseError as {@link Database.open} does, also for a database that is missing or empty.
 */
export async function openExistingDatabase(location: string, readOnly = false): Promise<Database> {
  const reader = await Database.open(location, { busyTimeoutMs, readOnly: true });
  if (readOnly) return reader;
  await reader.close();
  return Database.open(location, { busyTimeoutMs });
}
