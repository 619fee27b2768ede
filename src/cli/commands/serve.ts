import { once } from "node:events";
import { setFlagsFromString } from "node:v8";
import { Command } from "commander";
import { Daemon } from "../../daemon/index.js";
import { redactError } from "../../database/index.js";
import { readServeConfig } from "../config/serve-config.js";
import { serveSettings } from "../config/serve-settings.js";
import { makeLogger } from "../logger.js";
import { reportFailure } from "../report-failure.js";
import { settingOption } from "../setting-option.js";
import { stopOnSignals } from "../stop-signals.js";
import { version } from "../version.js";
import { isOutdated, migrate } from "./migrate.js";

/** `telltale serve`: runs the daemon until a signal stops it. */
export function serveCommand(): Command {
  const command = new Command("serve")
    .description("receive messages of experiments over WebSocket and store each one")
    .allowUnknownOption()
    .allowExcessArguments();
  for (const setting of Object.values(serveSettings)) command.addOption(settingOption(setting));
  command.option(
    "--migrate",
    "upgrade of a database that AEPsych wrote, as by `telltale migrate`, before the start",
  );
  return command.action(({ migrate: isToMigrate, ...flags }: ServeFlags, { args }: Command) =>
    reportFailure(() => serve(flags as Record<string, string>, args, isToMigrate === true)),
  );
}

/** The given flags: the values of settings, and whether to upgrade first. */
type ServeFlags = Readonly<Record<string, string | boolean>>;

// By default V8 lets the heap grow to four times its live size before it collects the garbage that messages leave.
const heapGrowth = "--heap-growing-percent=100";

async function serve(
  flags: Readonly<Record<string, string>>,
  stray: readonly string[],
  isToMigrate: boolean,
): Promise<void> {
  const { logLevel, ...config } = readServeConfig(flags, stray);
  if (isToMigrate && (await isOutdated(config.db))) await migrate(config.db, false);
  setFlagsFromString(heapGrowth);
  const logger = await makeLogger(logLevel);
  process.on("uncaughtExceptionMonitor", (error) => {
    logger.fatal({ err: redactError(error) }, "unexpected error: telltale ends");
  });
  await stopOnSignals(
    async (signal) => {
      const daemon = await Daemon.start({ ...config, version, logger });
      if (!signal.aborted) await once(signal, "abort");
      process.exit((await daemon.stop()) ? 0 : 1);
    },
    { secondExitCode: 1 },
  );
}
