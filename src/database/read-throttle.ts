import { setImmediate, setTimeout } from "node:timers/promises";

/** Over how long the messages are counted. */
const countedMs = 100;

/** How long a reader may go on before others have their turn: where it rests afterwards, longer. */
const shortestTurnMs = 1;
const turnMsForRestMs = 0.08;

/** How long a reader rests for each message that comes in a millisecond; and at most, so that it gets on all the same. */
const restMsForMessagePerMs = 25;
const longestRestMs = 25;

/**
 * When those who read a database may go on. Of all that read at once one goes on in each round of the event loop, and where
 * messages come, the more often they do the longer it rests: a message passes through the event loop many times before it is
 * acknowledged, and each time would wait for whoever reads.
 */
export class ReadThrottle {
  #last = Promise.resolve();
  #counted = 0;
  #countedAtMs = performance.now();
  #restMs = 0;

  /** @param countMessages how many messages have come since the beginning; without it nobody rests. */
  constructor(readonly countMessages?: () => number) {}

  /** Resolves when it is time to go on: after everything else has had its turn, and a rest. */
  next(): Promise<void> {
    this.#last = this.#last.then(async () => {
      await setImmediate();
      this.#look();
      // Node's shortest time is a millisecond.
      if (this.#restMs >= 1) await setTimeout(this.#restMs);
    });
    return this.#last;
  }

  /** How long a reader may go on before it waits for {@link next}. */
  get turnMs(): number {
    return Math.max(shortestTurnMs, this.#restMs * turnMsForRestMs);
  }

  #look(): void {
    if (this.countMessages === undefined) return;
    const nowMs = performance.now();
    const elapsedMs = nowMs - this.#countedAtMs;
    if (elapsedMs < countedMs) return;
    const count = this.countMessages();
    const messagesPerMs = (count - this.#counted) / elapsedMs;
    this.#restMs = Math.min(messagesPerMs * restMsForMessagePerMs, longestRestMs);
    this.#counted = count;
    this.#countedAtMs = nowMs;
  }
}
