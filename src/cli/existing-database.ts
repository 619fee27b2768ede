<<<<<<< HEAD
import { stat } from "node:fs/promises";
import { Option } from "commander";
import { existingDatabaseSetting, readDatabaseLocation } from "../config/database-setting.js";
import { Database, type DatabaseOptions, DatabaseError } from "../database/index.js";
import { engineAt } from "../database/engine-at.js";
=======
import { Database } from "../database/index.js";
>>>>>>> main

/** How long a command waits for a daemon that has the database locked. */
const busyTimeoutMs = 10_000;

/** The flag `--db` of a command that makes no database. */
export function existingDatabaseOption(): Option {
  const { flag, argument, description, variable, default: preset } = existingDatabaseSetting;
  return new Option(`${flag} ${argument}`, `${description} (environment: ${variable}; default: ${preset})`);
}

/**
 * Opens a database that must be there: a command that reads or mends makes none.
 *
 * @param readOnly whether nothing is to be written; false by default.
 * @throws DatabaseError as {@link Database.open} does, also for a database that is missing or empty.
 */
<<<<<<< HEAD
export async function openExistingDatabase(
  location: string,
  options: Pick<DatabaseOptions, "readOnly"> = {},
): Promise<Database> {
  const { path } = engineAt(location, busyTimeoutMs);
  if (path !== undefined) {
    const entry = await stat(path).catch(() => undefined);
    const why = entry === undefined ? "does not exist" : entry.size === 0 ? "is empty" : undefined;
    if (why !== undefined)
      throw new DatabaseError("no_database", `${path} ${why}; name the database with --db.`);
  }
  return Database.open(location, { ...options, busyTimeoutMs });
}

/**
 * Runs `work` on the database that a command line or the environment names, opened to read only, and closes it.
 *
 * @param flag what was given with `--db`.
 * @throws what `work` throws; ConfigError, and DatabaseError as {@link openExistingDatabase} does.
 */
export async function readDatabase<Result>(
  flag: string | undefined,
  work: (database: Database) => Promise<Result>,
): Promise<Result> {
  const database = await openExistingDatabase(readDatabaseLocation(flag), { readOnly: true });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
=======
export async function openExistingDatabase(location: string, readOnly = false): Promise<Database> {
  const reader = await Database.open(location, { busyTimeoutMs, readOnly: true });
  if (readOnly) return reader;
  await reader.close();
  return Database.open(location, { busyTimeoutMs });
>>>>>>> main
}
