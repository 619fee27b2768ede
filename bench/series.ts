import { quantile } from "../harness/statistics.js";

/** One thing that is measured several times. */
export class Series<Result> {
  readonly results: Result[] = [];

  /** @param name what the progress says while it is measured. */
  constructor(
    readonly name: string,
    readonly measure: () => Promise<Result>,
  ) {}

  async measureOnce(): Promise<void> {
    this.results.push(await this.measure());
  }

  /** The median of one number of the results; NaN where it is not known of each. */
  median(read: (result: Result) => number | undefined): number {
    const values = this.results.map((result) => read(result) ?? NaN);
    return values.some(Number.isNaN) ? NaN : quantile(values, 0.5);
  }
}

/**
 * Measures everything once, then everything once more, and so on: a noisy minute of the machine hits one round of all, which
 * the medians leave out, and not all rounds of one.
 *
 * @param noteProgress is told what begins.
 */
export async function measureInRounds(
  rounds: number,
  series: readonly Pick<Series<unknown>, "name" | "measureOnce">[],
  noteProgress: (what: string) => void,
): Promise<void> {
  for (let round = 1; round <= rounds; round += 1) {
    for (const one of series) {
      noteProgress(`round ${round} of ${rounds}: ${one.name}`);
      await one.measureOnce();
    }
  }
}
