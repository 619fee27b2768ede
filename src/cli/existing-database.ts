import { readdirSync } from "node:fs";
import { constants, setPriority } from "node:os";
import type { Option } from "commander";
import { existingDatabaseSetting, readDatabaseLocation } from "./config/database-setting.js";
import { ReadOnlyStore, Store } from "../database/index.js";
import { settingOption } from "./setting-option.js";

/** How long a command waits for a daemon that has the database locked. */
const busyTimeoutMs = 10_000;

/** The flag `--db` of a command that makes no database. */
export function existingDatabaseOption(): Option {
  return settingOption(existingDatabaseSetting);
}

/**
 * Opens a database that must exist: a command that changes one creates none.
 *
 * @throws DatabaseError as {@link Store.open} does, also for a database that is missing or empty.
 */
export async function openExistingDatabase(location: string): Promise<Store> {
  const reader = await openToRead(location);
  await reader.close();
  return Store.open(location, { busyTimeoutMs });
}

/**
 * Opens a database for reading.
 *
 * @throws DatabaseError as {@link ReadOnlyStore.open} does.
 */
export function openToRead(location: string): Promise<ReadOnlyStore> {
  return ReadOnlyStore.open(location, { busyTimeoutMs });
}

/**
 * Runs `work` on the database that a command line or the environment names, opened to read only, and closes it. The process steps
 * back behind others from then on.
 *
 * @param flag what was given with `--db`.
 * @throws what `work` throws; ConfigError, and DatabaseError as {@link openToRead} does.
 */
export async function readDatabase<Result>(
  flag: string | undefined,
  work: (database: ReadOnlyStore) => Promise<Result>,
): Promise<Result> {
  stepBack();
  const database = await openToRead(readDatabaseLocation(flag));
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
