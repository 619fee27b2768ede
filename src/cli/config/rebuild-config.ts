import { ConfigError, serveSettings } from "./serve-config.js";

/** What `telltale rebuild` is told. */
export interface RebuildConfig {
  /** The path of the database file, or the server's address. */
  readonly db: string;
  /** What names the sessions, as the user wrote it. */
  readonly sessions: readonly string[] | "all";
  readonly mode: "write" | "check";
}

/** The flags of `telltale rebuild` that were given. */
export interface RebuildFlags {
  readonly db?: string;
  readonly all?: boolean;
  readonly check?: boolean;
}

/** The database is named as for `telltale serve`; this one makes none. */
export const rebuildDatabaseSetting = {
  ...serveSettings.db,
  description: "the database; rebuild makes none",
} as const;

/**
 * The configuration that the command line says, and the environment where that names no database.
 *
 * @throws ConfigError that names every problem at once.
 */
export function readRebuildConfig(
  sessions: readonly string[],
  flags: RebuildFlags,
  environment: NodeJS.ProcessEnv = process.env,
): RebuildConfig {
  const { flag, variable, default: preset } = rebuildDatabaseSetting;
  const problems: string[] = [];
  const db = flags.db ?? environment[variable] ?? preset;
  if (db === "")
    problems.push(`${flags.db === undefined ? variable : flag} must be the path of a file, and is empty.`);
  const isAll = flags.all === true;
  if (isAll && sessions.length > 0) problems.push("Name sessions, or give --all, and not both.");
  if (!isAll && sessions.length === 0) problems.push("Name a session to rebuild, or give --all.");
  if (sessions.includes("")) problems.push("The name of a session must not be empty.");
  if (problems.length > 0) throw new ConfigError(problems);
  return { db, sessions: isAll ? "all" : sessions, mode: flags.check === true ? "check" : "write" };
}
