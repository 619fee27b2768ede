import { ConfigError, serveSettings } from "./serve-config.js";

/** The file with the token of a command that talks to a daemon; of the same form as the daemon's. */
export const tokenSetting = {
  ...serveSettings.tokenFile,
  description: "the file with the token for that telltale, its first with the scope write",
} as const;

/**
 * The token file that the command line names, and the environment where that names none.
 *
 * @param flag what was given with `--token-file`.
 * @throws ConfigError where it is empty.
 */
export function readTokenFileName(
  flag: string | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): string | undefined {
  const name = flag ?? environment[tokenSetting.variable];
  if (name !== "") return name;
  const where = flag === undefined ? tokenSetting.variable : tokenSetting.flag;
  throw new ConfigError([`${where} must be ${tokenSetting.rule}, and is empty.`]);
}
