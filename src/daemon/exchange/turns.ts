import { setImmediate } from "node:timers";
import { Fifo } from "../../common/index.js";
import type { Steps } from "../../protocol/index.js";

/** How long conversations may work before sockets and the database get their turn. */
const turnMs = 8;

/** Divides the event loop among the conversations of a daemon, so that none of them holds up the others. */
export class Turns {
  readonly #waiting = new Fifo<() => void>();
  #endsAt: number | undefined;
  #large: Promise<unknown> = Promise.resolve();

  /** Whether this turn of the event loop is used up. */
  get isOver(): boolean {
    return performance.now() >= this.#begin();
  }

  /** Resolves in a later turn of the event loop, one caller a turn, first come, first served. */
  next(): Promise<void> {
    this.#begin();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** Runs work to its end, in as many turns as it takes. */
  async run<Result>(steps: Steps<Result>): Promise<Result> {
    let step = steps.next();
    while (step.done !== true) {
      if (this.isOver) await this.next();
      step = steps.next();
    }
    return step.value;
  }

  /** Runs work when all earlier work of this kind is done: large messages are in memory one at a time. */
  alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#large.then(work);
    this.#large = result.catch(() => undefined);
    return result;
  }

  #begin(): number {
    if (this.#endsAt !== undefined) return this.#endsAt;
    this.#endsAt = performance.now() + turnMs;
    setImmediate(() => {
      this.#endsAt = undefined;
      const resolve = this.#waiting.shift();
      if (resolve === undefined) return;
      this.#begin();
      resolve();
    });
    return this.#endsAt;
  }
}
