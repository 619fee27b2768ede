import { ConfigError, serveSettings } from "./serve-config.js";

/** What `telltale delete` is told. */
export interface DeleteConfig {
  /** The path of the database file, or the server's address. */
  readonly db: string;
  /** What names the session, as the user wrote it. */
  readonly session: string;
  /** Whether the user need not be asked. */
  readonly isConfirmed: boolean;
}

/** The flags of `telltale delete` that were given. */
export interface DeleteFlags {
  readonly db?: string;
  readonly yes?: boolean;
}

/** The database is named as for `telltale serve`; this one makes none. */
export const deleteDatabaseSetting = { ...serveSettings.db, description: "the database" } as const;

/**
 * The configuration that the command line says, and the environment where that names no database.
 *
 * @throws ConfigError that names every problem at once.
 */
export function readDeleteConfig(
  session: string,
  flags: DeleteFlags,
  environment: NodeJS.ProcessEnv = process.env,
): DeleteConfig {
  const { flag, variable, default: preset } = deleteDatabaseSetting;
  const problems: string[] = [];
  const db = flags.db ?? environment[variable] ?? preset;
  if (db === "")
    problems.push(`${flags.db === undefined ? variable : flag} must be the path of a file, and is empty.`);
  if (session === "") problems.push("The name of a session must not be empty.");
  if (problems.length > 0) throw new ConfigError(problems);
  return { db, session, isConfirmed: flags.yes === true };
}
