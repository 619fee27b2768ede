/** The quantile of values by nearest rank: the smallest that at least `part` of all do not exceed; NaN without values. */
export function quantile(values: Iterable<number>, part: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? NaN;
}
