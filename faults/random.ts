import { hash } from "node:crypto";

/** A pseudorandom generator: the same seed gives the same choices. */
export class Random {
  #state: number;

  /** @param seed any text. */
  constructor(readonly seed: string) {
    this.#state = Number.parseInt(hash("sha256", seed).slice(0, 8), 16) || 1;
  }

  /** An independent generator for a part of the work, unaffected by how many choices other parts make. */
  fork(part: string): Random {
    return new Random(`${this.seed}/${part}`);
  }

  /** A number in [0, 1), in steps of 2^-32. */
  next(): number {
    // Marsaglia's 32-bit xorshift.
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return (state >>> 0) / 2 ** 32;
  }

  /** A whole number from `least` to `most`, inclusive. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.whole(0, items.length - 1)];
    if (item === undefined) throw new Error("There is nothing to choose from.");
    return item;
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.whole(0, 255)));
  }

  /** A version 4 UUID. */
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
