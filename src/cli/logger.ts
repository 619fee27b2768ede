import { type Logger, destination, pino } from "pino";
import { escapeForTerminal } from "../common/index.js";

/** A logger that writes to stderr: lines for people on a terminal, JSON otherwise. */
export async function makeLogger(level: string): Promise<Logger> {
  if (process.stderr.isTTY) {
    const { default: pretty } = await import("pino-pretty");
    return pino(
      { level, base: null },
      pretty({
        destination: 2,
        sync: true,
        translateTime: "SYS:HH:MM:ss.l",
        messageFormat: (line, key) => escapeForTerminal(String(line[key])),
      }),
    );
  }
  const options = { level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` };
  return pino(options, destination({ dest: 2, sync: true }));
}
