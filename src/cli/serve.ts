import { setFlagsFromString } from "node:v8";
import { Command, Option } from "commander";
import { ConfigError, readServeConfig, serveSettings } from "../config/serve-config.js";
import { Daemon, ListenError } from "../daemon/index.js";
import { DatabaseError } from "../database/index.js";
import { makeLogger } from "../logging/logger.js";

/** `telltale serve`: runs the daemon until it is told to stop. */
export function serveCommand(): Command {
  const command = new Command("serve")
    .description("take messages of experiments over WebSocket and keep each one")
    .allowUnknownOption()
    .allowExcessArguments();
  for (const setting of Object.values(serveSettings)) {
    const notes = `(environment: ${setting.variable}; default: ${setting.default})`;
    command.addOption(new Option(`${setting.flag} ${setting.argument}`, `${setting.description} ${notes}`));
  }
  return command.action(async (flags: Record<string, string>, { args }: Command) => {
    try {
      await serve(flags, args);
    } catch (error) {
      if (!(error instanceof ConfigError || error instanceof DatabaseError || error instanceof ListenError))
        throw error;
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 1;
    }
  });
}

// Left alone, V8 lets the heap grow to four times what is in use before it collects what messages leave behind.
const heapGrowth = "--heap-growing-percent=100";

async function serve(flags: Record<string, string>, stray: readonly string[]): Promise<void> {
  const { logLevel, ...config } = readServeConfig(flags, stray);
  setFlagsFromString(heapGrowth);
  const daemon = await Daemon.start({ ...config, logger: makeLogger(logLevel) });
  let isStopping = false;
  const stop = () => {
    if (isStopping) process.exit(1);
    isStopping = true;
    void daemon.stop().then((isClean) => process.exit(isClean ? 0 : 1));
  };
  // Ctrl-Break on Windows is SIGBREAK.
  for (const signal of ["SIGTERM", "SIGINT", "SIGBREAK"] as const) {
    if (signal !== "SIGBREAK" || process.platform === "win32") process.on(signal, stop);
  }
}
