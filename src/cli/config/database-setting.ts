import { ConfigError } from "./config-error.js";
import { serveSettings } from "./serve-settings.js";
import { readSetting } from "./setting.js";

/** The database of a command that creates none. */
export const existingDatabaseSetting = {
  ...serveSettings.db,
  description:
    "database: path of a SQLite file, or postgres://user:password@host:5432/database; must already exist",
} as const;

/**
 * The location of the database named by a flag, else by the environment, else by the default.
 *
 * @param flag the value of `--db`.
 * @throws ConfigError if the location is empty.
 */
export function readDatabaseLocation(
  flag: string | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): string {
  const problems: string[] = [];
  const location = readSetting(serveSettings.db, flag, environment, problems);
  if (location === undefined) throw new ConfigError(problems);
  return location;
}
