import { ConfigError, serveSettings } from "./serve-config.js";

/** What `telltale import` is told. */
export interface ImportConfig {
  /** The path of the database file, or the server's address. */
  readonly db: string;
  /** The paths of the files. */
  readonly files: readonly string[];
}

/** The database is named as for `telltale serve`. */
export const importDatabaseSetting = serveSettings.db;

/**
 * The configuration that the command line says, and the environment where that names no database.
 *
 * @throws ConfigError that names every problem at once.
 */
export function readImportConfig(
  files: readonly string[],
  flags: { readonly db?: string },
  environment: NodeJS.ProcessEnv = process.env,
): ImportConfig {
  const { flag, variable, default: preset } = importDatabaseSetting;
  const problems: string[] = [];
  const db = flags.db ?? environment[variable] ?? preset;
  if (db === "")
    problems.push(`${flags.db === undefined ? variable : flag} must be the path of a file, and is empty.`);
  if (files.includes("")) problems.push("The path of a file must not be empty.");
  if (problems.length > 0) throw new ConfigError(problems);
  return { db, files };
}
