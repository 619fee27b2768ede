import { once } from "node:events";
import type { Writable } from "node:stream";

/** Writes lines to a stream, those of one tick of the event loop in one piece. */
export class LineWriter {
  /** Aborted when the stream accepts no more lines. */
  readonly #gone = new AbortController();
  #isCorked = false;

  constructor(readonly stream: Writable) {
    // run.ts decides whether to report it: a closed pipe (`| head`) is not a failure.
    stream.on("error", () => {
      this.#gone.abort();
    });
  }

  /** Aborted when the reader of the lines has gone, or when they cannot be written. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Writes a line; returns a promise if the next line should wait until the reader has caught up. */
  write(line: string): Promise<unknown> | undefined {
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.stream.cork();
      process.nextTick(() => {
        this.#isCorked = false;
        this.stream.uncork();
      });
    }
    if (this.stream.write(`${line}\n`)) return undefined;
    return once(this.stream, "drain", { signal: this.gone }).catch((error: unknown) => {
      if (!this.gone.aborted) throw error;
    });
  }

  /** Resolves when every line is written, or when the stream accepts no more. */
  async finish(): Promise<void> {
    while (this.stream.writableLength > 0 && !this.gone.aborted) {
      await new Promise((resolve) => this.stream.write("", resolve));
    }
  }
}
