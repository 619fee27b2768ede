import { type Logger, pino } from "pino";
import { readServeConfig } from "../../../src/cli/config/serve-config.js";
import { Daemon, type DaemonOptions } from "../../../src/index.js";
import type { LogLine } from "../../../harness/daemon-process.js";
import { makeReadyFile } from "../../../harness/ready-file.js";

const running = new Set<Daemon>();

/** A logger whose lines can be looked at. */
export function collectLog(): { readonly logger: Logger; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const logger = pino(
    { level: "debug" },
    { write: (line: string) => lines.push(JSON.parse(line) as LogLine) },
  );
  return { logger, lines };
}

/** Starts a daemon on a free port, with a database of its own unless one is given; it is stopped after the test. */
export async function startDaemon(options: Partial<DaemonOptions> = {}): Promise<Daemon> {
  const daemon = await Daemon.start({
    ...readServeConfig({}, [], {}),
    db: options.db ?? (await makeReadyFile()),
    port: 0,
    version: "0.1.0",
    logger: pino({ level: "silent" }),
    ...options,
  });
  running.add(daemon);
  return daemon;
}

/** Stops every daemon that a test left running. */
export async function stopDaemons(): Promise<void> {
  await Promise.all([...running].map((daemon) => daemon.stop()));
  running.clear();
}
