import { setFlagsFromString } from "node:v8";
import { Command } from "commander";
import { ConfigError, readServeConfig, serveSettings } from "../config/serve-config.js";
import { Daemon, ListenError } from "../../daemon/index.js";
import { AccessError } from "../../access/index.js";
import { DatabaseError } from "../../database/index.js";
import { makeLogger } from "../logger.js";
import { isOutdated, migrate } from "./migrate.js";
import { settingOption } from "../setting-option.js";
import { version } from "../version.js";

const userErrors = [ConfigError, DatabaseError, AccessError, ListenError];

/** `telltale serve`: runs the daemon until it is told to stop. */
export function serveCommand(): Command {
  const command = new Command("serve")
    .description("take messages of experiments over WebSocket and keep each one")
    .allowUnknownOption()
    .allowExcessArguments();
  for (const setting of Object.values(serveSettings)) command.addOption(settingOption(setting));
  command.option("--migrate", "first upgrade the database if AEPsych wrote it, as telltale migrate does");
  return command.action(async ({ migrate: isToMigrate, ...flags }: ServeFlags, { args }: Command) => {
    try {
      await serve(flags as Record<string, string>, args, isToMigrate === true);
    } catch (error) {
      if (!userErrors.some((kind) => error instanceof kind)) throw error;
      process.stderr.write(`${(error as Error).message}\n`);
      process.exitCode = 1;
    }
  });
}

// Left alone, V8 lets the heap grow to four times what is in use before it collects what messages leave behind.
const heapGrowth = "--heap-growing-percent=100";

/** What was given on the command line: the settings' values, and whether to upgrade first. */
type ServeFlags = Readonly<Record<string, string | boolean>>;

async function serve(
  flags: Readonly<Record<string, string>>,
  stray: readonly string[],
  isToMigrate: boolean,
): Promise<void> {
  const { logLevel, ...config } = readServeConfig(flags, stray);
  if (isToMigrate && (await isOutdated(config.db))) await migrate(config.db, false);
  setFlagsFromString(heapGrowth);
  const starting = Daemon.start({ ...config, version, logger: await makeLogger(logLevel) });
  stopOnSignal(starting);
  await starting;
}

/** Stops the daemon on the first signal, also on one that comes while it starts, and exits at once on the second. */
function stopOnSignal(starting: Promise<Daemon>): void {
  let isStopping = false;
  const stop = async () => {
    if (isStopping) process.exit(1);
    isStopping = true;
    const daemon = await starting.catch(() => undefined);
    if (daemon !== undefined) process.exit((await daemon.stop()) ? 0 : 1);
  };
  // Ctrl-Break on Windows is SIGBREAK.
  for (const signal of ["SIGTERM", "SIGINT", "SIGBREAK"] as const) {
    if (signal !== "SIGBREAK" || process.platform === "win32") process.on(signal, () => void stop());
  }
}
