const everyMs = 200;

/** Replaces the progress text on stderr; does nothing unless stderr is a terminal. */
export function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}

/** The progress of a command in percent, in one line that is overwritten; shown only if stderr is a terminal. */
export class ProgressLine {
  #shownAt = 0;

  show(done: number, total: number): void {
    if (!process.stderr.isTTY || Date.now() - this.#shownAt < everyMs) return;
    this.#shownAt = Date.now();
    // Rows may be added while the command runs.
    const percent = Math.min(100, Math.floor((100 * done) / Math.max(1, total)));
    showProgress(`${percent} %`);
  }

  /** Removes the line. */
  end(): void {
    if (this.#shownAt > 0) showProgress("");
    this.#shownAt = 0;
  }
}
