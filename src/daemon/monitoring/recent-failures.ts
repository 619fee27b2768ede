/** For how long a failure is reported. */
const recentMs = 60_000;

/** Remembers the last failed write for a minute: the next probe may succeed before anyone looks. */
export class RecentFailures {
  #last: number | undefined;

  /** @param now milliseconds on a clock that never goes back. */
  constructor(readonly now: () => number = () => performance.now()) {}

  /** Notes that a write has failed. */
  note(): void {
    this.#last = this.now();
  }

  /** A sentence about a failure within the last minute; it repeats nothing of the message. */
  get warning(): string | undefined {
    if (this.#last === undefined) return undefined;
    const agoMs = this.now() - this.#last;
    return agoMs > recentMs
      ? undefined
      : `A write failed ${Math.round(agoMs / 1000)} s ago; the log says why.`;
  }
}
