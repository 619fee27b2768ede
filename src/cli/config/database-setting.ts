import { ConfigError, serveSettings } from "./serve-config.js";

/** The database of a command that reads or mends what is there, named as for `telltale serve`; none is made. */
export const existingDatabaseSetting = {
  ...serveSettings.db,
  description: "the database: a SQLite file, or postgres://user:password@host:5432/database; none is made",
} as const;

/**
 * Where the database lies that the command line says, and the environment where that names none.
 *
 * @param flag what was given with `--db`.
 * @throws ConfigError where it is empty.
 */
export function readDatabaseLocation(
  flag: string | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): string {
  const setting = existingDatabaseSetting;
  const db = flag ?? environment[setting.variable] ?? setting.default;
  if (db !== "") return db;
  const name = flag === undefined ? setting.variable : setting.flag;
  throw new ConfigError([
    `${name} must be the path of a file or the address of a PostgreSQL database, and is empty.`,
  ]);
}
