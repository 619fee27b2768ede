import { once } from "node:events";
import type { Writable } from "node:stream";

/** Writes lines to a stream, those of one turn at once. */
export class LineWriter {
  /** Aborted when nobody reads any more. */
  readonly #gone = new AbortController();
  #isCorked = false;

  constructor(readonly stream: Writable) {
    // `telltale … | head` ends what it reads: that is no failure.
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      this.#gone.abort();
    });
  }

  /** Aborted when whoever read the lines went away. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Writes a line; a promise where the next one should wait until the reader has taken what there is. */
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

  /** Resolves when all is written, or nobody reads any more. */
  async finish(): Promise<void> {
    while (this.stream.writableLength > 0 && !this.gone.aborted) {
      await new Promise((resolve) => this.stream.write("", resolve));
    }
  }
}
