const everyMs = 200;

/** Shows a text in place of the one before, or nothing; only where stderr is a terminal. */
export function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}

/** How far a command is, in one line of stderr that is written again and again; nothing where stderr is no terminal. */
export class ProgressLine {
  #shownAt = 0;

  show(done: number, total: number): void {
    if (!process.stderr.isTTY || Date.now() - this.#shownAt < everyMs) return;
    this.#shownAt = Date.now();
    // More may have come while the command runs.
    const percent = Math.min(100, Math.floor((100 * done) / Math.max(1, total)));
    showProgress(`${percent} %`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#shownAt > 0) showProgress("");
    this.#shownAt = 0;
  }
}
