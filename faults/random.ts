import { hash } from "node:crypto";

/** Choices that look random, and are the same again with the same seed. */
export class Random {
  #state: number;

  /** @param seed any text. */
  constructor(readonly seed: string) {
    this.#state = Number.parseInt(hash("sha256", seed).slice(0, 8), 16) || 1;
  }

  /** The choices of a part of the work, which do not change when another part makes more or fewer. */
  fork(part: string): Random {
    return new Random(`${this.seed}/${part}`);
  }

  /** From 0 to below 1, in steps of 2^-32. */
  next(): number {
    // Marsaglia's xorshift with 32 bits.
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return (state >>> 0) / 2 ** 32;
  }

  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.whole(0, items.length - 1)];
    if (item === undefined) throw new Error("There is nothing to choose from.");
    return item;
  }

  /** Whether something happens whose probability is this. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.whole(0, 255)));
  }

  /** A UUID of version 4. */
  uuid(): string {
    const digits = this.bytes(16).toString("hex");
    const variant = this.pick(["8", "9", "a", "b"]);
    return [
      digits.slice(0, 8),
      digits.slice(8, 12),
      `4${digits.slice(13, 16)}`,
      `${variant}${digits.slice(17, 20)}`,
      digits.slice(20),
    ].join("-");
  }
}
