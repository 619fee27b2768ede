import type { ClockEstimate } from "../../protocol/index.js";

/** A clock probe and its answer, in ms: two times of the client's clock, and two of the daemon's between them. */
export interface ClockSample {
  readonly sentAt: number;
  readonly receivedAt: number;
  readonly answeredAt: number;
  readonly arrivedAt: number;
}

/** How much two clocks may gain on each other: 100 ppm is much for the crystal of a computer. */
const driftRate = 200e-6;

/** Older samples say nothing that newer ones do not say better, for every time since the last break of the connection. */
const maximumSamples = 32;

/**
 * Estimates the daemon's clock minus the client's. Pure.
 *
 * A probe cannot arrive before it was sent, nor its answer: each sample bounds the offset from both sides, the more tightly the shorter
 * its ways were, and the less the further the clocks may have drifted since. The estimate is the middle of what all samples allow, so
 * that the fastest way there and the fastest way back count, each from the sample that has it.
 */
export class OffsetEstimator {
  #samples: ClockSample[] = [];

  /** @param resolutionMs the steps in which the client's clock advances. */
  constructor(readonly resolutionMs: number) {}

  /** Adds the answer to a probe. If it contradicts the earlier ones, a clock has jumped, and they are dropped. */
  add(sample: ClockSample): void {
    this.#samples = [...this.#samples.slice(1 - maximumSamples), sample];
    const { lower, upper } = this.#bound(sample.arrivedAt);
    if (lower > upper) this.#samples = [sample];
  }

  /** Drops all samples. */
  clear(): void {
    this.#samples = [];
  }

  /**
   * The offset for a time of the client's clock, and how far off it is at most if neither clock is set and they drift no faster than 200
   * parts in a million; undefined before the first sample.
   */
  estimate(at: number): ClockEstimate | undefined {
    if (this.#samples.length === 0) return undefined;
    const { lower, upper } = this.#bound(at);
    return { offset_ms: (lower + upper) / 2, uncertainty_ms: Math.max(0, upper - lower) / 2 };
  }

  #bound(at: number): { readonly lower: number; readonly upper: number } {
    let [lower, upper] = [-Infinity, Infinity];
    for (const { sentAt, receivedAt, answeredAt, arrivedAt } of this.#samples) {
      upper = Math.min(upper, receivedAt - sentAt + driftRate * Math.abs(at - sentAt));
      lower = Math.max(lower, answeredAt - arrivedAt - driftRate * Math.abs(at - arrivedAt));
    }
    // A coarse clock shows the end of its last step: the time is up to a step later.
    return { lower: lower - this.resolutionMs, upper: upper + this.resolutionMs };
  }
}
