import { ConfigError } from "./config-error.js";
import { serveSettings } from "./serve-settings.js";
import { readSetting } from "./setting.js";

/** The token file of a command that connects to a daemon; same format as the daemon's. */
export const tokenSetting = {
  ...serveSettings.tokenFile,
  description: "file whose first token with the scope write is sent to that telltale",
} as const;

/**
 * The token file named by a flag, else by the environment.
 *
 * @param flag the value of `--token-file`.
 * @throws ConfigError if it is empty.
 */
export function readTokenFileName(
  flag: string | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): string | undefined {
  const problems: string[] = [];
  const name = readSetting(tokenSetting, flag, environment, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return name;
}
