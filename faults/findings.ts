/** The maximum number of damage reports kept; the first ones are the most informative. */
const mostDescribed = 20;

/** The results of some rounds. */
export class Findings {
  /** The number of acknowledged messages. */
  acknowledged = 0;
  /** The number of acknowledged messages that are not in the database with the acknowledged content and seq. */
  lost = 0;
  /** The number of messages, acknowledged or not, that are in the database more than once. */
  doubled = 0;
  /** All other problems, one sentence each. */
  readonly damage: string[] = [];
  /** The number of problems that were not kept. */
  moreDamage = 0;
  /** Other observations, one sentence each; not problems. */
  readonly notes: string[] = [];

  /** True if there are no problems. */
  get isClean(): boolean {
    return this.lost === 0 && this.doubled === 0 && this.damage.length === 0;
  }

  report(sentence: string): void {
    if (this.damage.length < mostDescribed) this.damage.push(sentence);
    else this.moreDamage += 1;
  }

  /** Adds other findings to these. */
  add(other: Findings): void {
    this.acknowledged += other.acknowledged;
    this.lost += other.lost;
    this.doubled += other.doubled;
    for (const sentence of other.damage) this.report(sentence);
    this.moreDamage += other.moreDamage;
    this.notes.push(...other.notes);
  }
}
