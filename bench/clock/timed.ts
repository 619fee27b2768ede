import { quantile } from "../../harness/statistics.js";
import { formatNumber } from "../../harness/table.js";

/** A message of which it is known when it was made. */
export interface Timed {
  /** The real time, on the daemon's clock. */
  readonly atMs: number;
  /** `occurred_at` minus the real time. */
  readonly errorMs: number;
  /** What the client said; NaN if it said nothing. */
  readonly uncertaintyMs: number;
}

/** The titles of {@link describeTimed}. */
export const titles = [
  ">messages",
  ">error p50, ms",
  ">p95, ms",
  ">largest, ms",
  ">uncertainty p50, ms",
  ">largest, ms",
  ">beyond it",
  ">gaps off by, ms",
];

/** The figures of one scenario, as cells. */
export function describeTimed(messages: readonly Timed[]): string[] {
  const errors = messages.map(({ errorMs }) => Math.abs(errorMs));
  const uncertainties = messages.map(({ uncertaintyMs }) => uncertaintyMs);
  // Written as "not at most", so that a message without an uncertainty counts.
  const beyond = messages.filter(({ errorMs, uncertaintyMs }) => !(Math.abs(errorMs) <= uncertaintyMs));
  const gaps = messages
    .slice(1)
    .map(({ errorMs }, index) => Math.abs(errorMs - (messages[index]?.errorMs ?? 0)));
  return [
    formatNumber(messages.length),
    ...[0.5, 0.95, 1].map((part) => formatNumber(quantile(errors, part), 2)),
    ...[0.5, 1].map((part) => formatNumber(quantile(uncertainties, part), 2)),
    formatNumber(beyond.length),
    formatNumber(quantile(gaps, 1), 2),
  ];
}
