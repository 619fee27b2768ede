import { type Logger, destination, pino } from "pino";
import pretty from "pino-pretty";

/** A logger that writes to stderr: lines for people on a terminal, JSON otherwise. */
export function makeLogger(level: string): Logger {
  if (process.stderr.isTTY) {
    return pino(
      { level, base: null },
      pretty({ destination: 2, sync: true, translateTime: "SYS:HH:MM:ss.l" }),
    );
  }
  const options = { level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` };
  return pino(options, destination({ dest: 2, sync: true }));
}
