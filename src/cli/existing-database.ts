import { readdirSync } from "node:fs";
import { constants, setPriority } from "node:os";
import type { Option } from "commander";
import { existingDatabaseSetting, readDatabaseLocation } from "./config/database-setting.js";
import { ReadOnlyStore, Store } from "../database/index.js";
import { settingOption } from "./setting-option.js";

/** How long a command waits while a daemon has the database locked. */
export const busyTimeoutMs = 10_000;

/** The flag `--db` of a command that creates no database. */
export function existingDatabaseOption(): Option {
  return settingOption(existingDatabaseSetting);
}

/**
 * Opens a database that must already exist.
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
 * Runs `work` on the database that the command line or the environment names, opened for reading only, and closes it. Lowers the
 * priority of the process for good.
 *
 * @param flag the value of `--db`.
 * @throws what `work` throws; ConfigError, and DatabaseError as {@link openToRead} does.
 */
export async function readDatabase<Result>(
  flag: string | undefined,
  work: (database: ReadOnlyStore) => Promise<Result>,
): Promise<Result> {
  lowerPriority();
  const database = await openToRead(readDatabaseLocation(flag));
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** Gives way to a daemon on the same machine, which answers participants. */
function lowerPriority(): void {
  // On Linux each thread has a priority of its own, and those of the garbage collector are already running.
  const threads = process.platform === "linux" ? readdirSync("/proc/self/task").map(Number) : [process.pid];
  for (const thread of threads) setPriority(thread, constants.priority.PRIORITY_LOW);
}
