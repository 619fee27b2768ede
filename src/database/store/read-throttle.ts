import { setImmediate, setTimeout } from "node:timers/promises";

/** The interval over which the message rate is measured. */
const measuredMs = 100;

/** How long a reader works in one time slice: at least this long, and longer where it sleeps longer afterwards. */
const shortestSliceMs = 1;
const sliceMsForSleepMs = 0.08;

/** How long a reader sleeps for each message that arrives in a millisecond, and at most, so that it still makes progress. */
const sleepMsForMessagePerMs = 25;
const longestSleepMs = 25;

/**
 * Decides when the readers of a database continue. Readers sleep in proportion to the message rate, at most 25 ms, and one reader
 * continues in each round of the event loop: a message passes through the event loop many times before it is acknowledged, and
 * would wait for the readers each time.
 */
export class ReadThrottle {
  #last = Promise.resolve();
  #counted = 0;
  #countedAtMs = performance.now();
  #sleepMs = 0;

  /** @param countMessages returns how many messages have arrived since the start; without it readers never sleep. */
  constructor(readonly countMessages?: () => number) {}

  /** Resolves when the caller may continue: after all other pending work, and a sleep. */
  next(): Promise<void> {
    this.#last = this.#last.then(async () => {
      await setImmediate();
      this.#measure();
      // Node's shortest timer is a millisecond.
      if (this.#sleepMs >= 1) await setTimeout(this.#sleepMs);
    });
    return this.#last;
  }

  /** How long a reader may work before it waits for {@link next}. */
  get sliceMs(): number {
    return Math.max(shortestSliceMs, this.#sleepMs * sliceMsForSleepMs);
  }

  #measure(): void {
    if (this.countMessages === undefined) return;
    const nowMs = performance.now();
    const elapsedMs = nowMs - this.#countedAtMs;
    if (elapsedMs < measuredMs) return;
    const count = this.countMessages();
    const messagesPerMs = (count - this.#counted) / elapsedMs;
    this.#sleepMs = Math.min(messagesPerMs * sleepMsForMessagePerMs, longestSleepMs);
    this.#counted = count;
    this.#countedAtMs = nowMs;
  }
}
