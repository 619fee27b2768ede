import { once } from "node:events";
import type { Writable } from "node:stream";

/** Writes lines to a stream, those of one turn at once. */
export class LineWriter {
  /** Aborted when nothing can be written any more. */
  readonly #gone = new AbortController();
  #isCorked = false;

  constructor(readonly stream: Writable) {
    // Whether that is a failure, which `telltale … | head` is not, is told by main.
    stream.on("error", () => {
      this.#gone.abort();
    });
  }

  /** Aborted when whoever read the lines went away, or they cannot be written. */
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

  /** Resolves when all is written, or nothing can be written any more. */
  async finish(): Promise<void> {
    while (this.stream.writableLength > 0 && !this.gone.aborted) {
      await new Promise((resolve) => this.stream.write("", resolve));
    }
  }
}
