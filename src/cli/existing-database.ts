import { readdirSync } from "node:fs";
import { constants, setPriority } from "node:os";
import type { Option } from "commander";
import { existingDatabaseSetting, readDatabaseLocation } from "./config/database-setting.js";
import { Database } from "../database/index.js";
import { settingOption } from "./setting-option.js";

/** How long a command waits for a daemon that has the database locked. */
const busyTimeoutMs = 10_000;

/** The flag `--db` of a command that makes no database. */
export function existingDatabaseOption(): Option {
  return settingOption(existingDatabaseSetting);
}

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

/**
 * Runs `work` on the database that a command line or the environment names, opened to read only, and closes it. The process steps
 * back behind others from then on.
 *
 * @param flag what was given with `--db`.
 * @throws what `work` throws; ConfigError, and DatabaseError as {@link openExistingDatabase} does.
 */
export async function readDatabase<Result>(
  flag: string | undefined,
  work: (database: Database) => Promise<Result>,
): Promise<Result> {
  stepBack();
  const database = await openExistingDatabase(readDatabaseLocation(flag), true);
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** A daemon beside this process answers participants. */
function stepBack(): void {
  // Linux counts by threads, and those of the garbage collector have begun already.
  const threads = process.platform === "linux" ? readdirSync("/proc/self/task").map(Number) : [process.pid];
  for (const thread of threads) setPriority(thread, constants.priority.PRIORITY_LOW);
}
