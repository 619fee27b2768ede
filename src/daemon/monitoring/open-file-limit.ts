import { open } from "node:fs/promises";
import { devNull } from "node:os";
import type { Logger } from "pino";

const logEveryMs = 60_000;

const warning =
  "No more files can be opened, so new connections are dropped; raise the limit of open files (ulimit -n, LimitNOFILE), or lower --max-connections.";

/** Notices that the process, or the system, has no file descriptors left: Node drops connections that it cannot accept without a word. */
export class OpenFileLimit {
  #loggedAtMs = -Infinity;

  constructor(readonly logger: Logger) {}

  /** Returns a warning when no file can be opened, and logs it at most once a minute. */
  async look(): Promise<string | undefined> {
    const code = await open(devNull).then(
      async (file) => {
        await file.close();
        return undefined;
      },
      (error: unknown) => (error instanceof Error && "code" in error ? error.code : undefined),
    );
    if (code !== "EMFILE" && code !== "ENFILE") return undefined;
    const nowMs = performance.now();
    if (nowMs - this.#loggedAtMs >= logEveryMs) {
      this.#loggedAtMs = nowMs;
      this.logger.warn({ code }, warning);
    }
    return warning;
  }
}
