/** The longest debt, in minutes; spending beyond it costs nothing more. */
const longestDebtMinutes = 1;

/** At this number of keys, those without debt are forgotten. */
const sweepAt = 10_000;

/** Limits how often something may happen for each key: a minute's worth at once, and evenly after that. */
export class Rates {
  /** The time, in ms, up to which each key has used its allowance; a time long past equals no entry. */
  readonly #paidUntilMs = new Map<string, number>();

  /**
   * @param perMinute the number of times per minute.
   * @param now a monotonic clock in ms.
   */
  constructor(
    readonly perMinute: number,
    readonly now: () => number = () => performance.now(),
  ) {}

  /** The number of keys remembered. */
  get known(): number {
    return this.#paidUntilMs.size;
  }

  /** Counts one occurrence; returns for how many ms there should be no other, 0 if there may be one at once. */
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
    // Countless addresses must not fill the memory: forget the oldest.
    for (const key of this.#paidUntilMs.keys()) {
      if (this.#paidUntilMs.size < sweepAt / 2) return;
      this.#paidUntilMs.delete(key);
    }
  }
}
