import { quantile } from "../harness/statistics.js";

/** A measurement with several rounds. */
export class Series<Result> {
  readonly results: Result[] = [];

  /** @param name the name shown in the progress output. */
  constructor(
    readonly name: string,
    readonly measure: () => Promise<Result>,
  ) {}

  async measureOnce(): Promise<void> {
    this.results.push(await this.measure());
  }

  /** The median of one number over the results; NaN if any result lacks it. */
  median(read: (result: Result) => number | undefined): number {
    const values = this.results.map((result) => read(result) ?? NaN);
    return values.some(Number.isNaN) ? NaN : quantile(values, 0.5);
  }
}

/**
 * Measures everything once per round, so that a noisy minute of the machine affects one round of every measurement, which the
 * medians exclude, and not all rounds of one measurement.
 *
 * @param noteProgress called with the name of each measurement as it begins.
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
