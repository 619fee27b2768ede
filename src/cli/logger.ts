import { debuglog } from "node:util";
import { type DestinationStream, type Logger, destination, pino, stdSerializers } from "pino";
import { escapeForTerminal, escapeLines } from "../common/index.js";
import { formatTimeOfDay } from "./local-time.js";

const debug = debuglog("telltale");

/** A logger that writes to stderr: readable lines on a terminal, JSON otherwise. */
export async function makeLogger(level: string): Promise<Logger> {
  const stderr = destination({ dest: 2, sync: true });
  if (process.stderr.isTTY) {
    // When the terminal is closed, the daemon must stop in order, not fail to log that it stops.
    stderr.on("error", () => undefined);
    const { default: pretty } = await import("pino-pretty");
    return pino(
      { level, base: null, serializers: { err: summariseError } },
      pretty({
        destination: stderr,
        translateTime: false,
        customPrettifiers: { time: (time) => `[${formatTimeOfDay(new Date(Number(time)))}]` },
        messageFormat: (line, key) => escapeForTerminal(String(line[key])),
      }),
    );
  }
  const options = { level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` };
  return pino(options, escapeOutput(stderr));
}

/** Escapes what a terminal would obey in the lines of a log that is shown later; the escapes are JSON's own. */
function escapeOutput(stream: DestinationStream): DestinationStream {
  return {
    write: (line) => {
      stream.write(escapeLines(line));
    },
  };
}

/** An error for a terminal: without its stack trace, unless NODE_DEBUG=telltale asks for it. */
function summariseError(error: Error): object {
  const { stack, ...summary } = stdSerializers.err(error);
  return debug.enabled ? { ...summary, stack } : summary;
}
