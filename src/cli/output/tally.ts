/** The reasons of one kind of loss, each with how often and where first. */
export class Tally {
  readonly #reasons = new Map<string, { count: number; readonly first: string }>();

  /** @param first where the first of them is: `seq 5 of session 3f2a…`. */
  add(reason: string, count: number, first: string): void {
    const known = this.#reasons.get(reason);
    if (known === undefined) this.#reasons.set(reason, { count, first });
    else known.count += count;
  }

  /**
   * A sentence for each of the most frequent reasons, and one for the rest.
   *
   * @param say the beginning for a number: `1 tell gave no trial`.
   */
  list(say: (count: number) => string, maximum = 5): string[] {
    const sorted = [...this.#reasons].sort(([, one], [, other]) => other.count - one.count);
    const rest = sorted.slice(maximum).reduce((sum, [, { count }]) => sum + count, 0);
    return [
      ...sorted
        .slice(0, maximum)
        .map(
          ([reason, { count, first }]) =>
            `${say(count)}: ${reason} (${count === 1 ? "" : "the first: "}${first})`,
        ),
      ...(rest === 0 ? [] : [`${say(rest)} for other reasons.`]),
    ];
  }
}
