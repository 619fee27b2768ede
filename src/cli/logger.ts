import { type Logger, destination, pino } from "pino";

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
        messageFormat: (line, key) => printable(String(line[key])),
      }),
    );
  }
  const options = { level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` };
  return pino(options, destination({ dest: 2, sync: true }));
}

/** A text that a client may have a part in, such as what it named: of it a terminal must obey nothing, and see no line of its own. */
export function printable(text: string): string {
  return text.replace(
    // eslint-disable-next-line no-control-regex -- they are what it is about
    /[\u0000-\u001f\u007f-\u009f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
