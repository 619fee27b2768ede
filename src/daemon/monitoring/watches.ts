/** Repeats what the daemon looks at while it runs, whether or not anybody asks. */
export class Watches {
  readonly #timers: NodeJS.Timeout[] = [];

  /** Calls `look` every `everyMs`, for the first time after that. */
  add(everyMs: number, look: () => Promise<unknown>): void {
    this.#timers.push(setInterval(() => void look(), everyMs).unref());
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }
}
