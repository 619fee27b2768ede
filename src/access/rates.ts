/** Beyond this debt, in minutes, what is spent is forgotten. */
const longestDebtMinutes = 1;

/** When so many are known, those that owe nothing are forgotten. */
const sweepAt = 10_000;

/** How often something may happen, each for itself: a minute's worth at once, and afterwards evenly. */
export class Rates {
  /** Until when, in ms, each has used up what it was given; a time long gone is the same as none. */
  readonly #paidUntilMs = new Map<string, number>();

  /**
   * @param perMinute how often.
   * @param now the present time in ms; a clock that never goes back.
   */
  constructor(
    readonly perMinute: number,
    readonly now: () => number = () => performance.now(),
  ) {}

  /** How many it remembers. */
  get known(): number {
    return this.#paidUntilMs.size;
  }

  /** Notes that it happened once; gives for how many ms it should not happen again, 0 where it may at once. */
  spend(key: string): number {
    const now = this.now();
    if (this.#paidUntilMs.size >= sweepAt) this.#sweep(now);
    const before = Math.max(this.#paidUntilMs.get(key) ?? -Infinity, now - 60_000);
    const until = Math.min(before + 60_000 / this.perMinute, now + longestDebtMinutes * 60_000);
    this.#paidUntilMs.set(key, until);
    return Math.max(0, until - now);
  }

  #sweep(now: number): void {
    for (const [key, until] of this.#paidUntilMs) if (until <= now - 60_000) this.#paidUntilMs.delete(key);
    // Addresses without number must not fill the memory; the oldest are let off.
    for (const key of this.#paidUntilMs.keys()) {
      if (this.#paidUntilMs.size < sweepAt / 2) return;
      this.#paidUntilMs.delete(key);
    }
  }
}
