import { ConfigError, serveSettings } from "./serve-config.js";

/** What `telltale replay` is told. */
export interface ReplayConfig {
  /** The path of the database file, or the server's address. */
  readonly db: string;
  /** What names the session, as the user wrote it. */
  readonly session: string;
  /** A number, or `max`; as the user wrote it. */
  readonly speed: string;
  readonly filter: { readonly from?: string; readonly to?: string; readonly types?: readonly string[] };
  readonly isFollowing: boolean;
  /** Where to send the messages; undefined writes them to the standard output. */
  readonly url: string | undefined;
}

/** The flags of `telltale replay` that were given. */
export interface ReplayFlags {
  readonly db?: string;
  readonly speed: string;
  readonly from?: string;
  readonly to?: string;
  readonly type?: readonly string[];
  readonly follow?: boolean;
  readonly toUrl?: string;
}

/** The database is named as for `telltale serve`; this one makes none. */
export const replayDatabaseSetting = {
  ...serveSettings.db,
  description: "the database; replay makes none",
} as const;

/**
 * The configuration that the command line says, and the environment where that names no database.
 *
 * @throws ConfigError that names every problem at once.
 */
export function readReplayConfig(
  session: string,
  { db: given, speed, from, to, type: types, follow, toUrl }: ReplayFlags,
  environment: NodeJS.ProcessEnv = process.env,
): ReplayConfig {
  const { flag, variable, default: preset } = replayDatabaseSetting;
  const problems: string[] = [];
  const db = given ?? environment[variable] ?? preset;
  if (db === "")
    problems.push(`${given === undefined ? variable : flag} must be the path of a file, and is empty.`);
  if (session === "") problems.push("The name of a session must not be empty.");
  const isFollowing = follow === true;
  if (isFollowing && to !== undefined) {
    problems.push("A replay that follows has no end; leave out either --to or --follow.");
  }
  if (toUrl !== undefined && !(URL.canParse(toUrl) && /^wss?:$/.test(new URL(toUrl).protocol))) {
    problems.push(`--to-url must be an address such as ws://127.0.0.1:8765, and is \`${toUrl}\`.`);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  const filter = {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(types === undefined ? {} : { types }),
  };
  return { db, session, speed, filter, isFollowing, url: toUrl };
}
