/** How many sentences of damage are kept; the first ones tell most. */
const mostDescribed = 20;

/** What became of the messages of some rounds. */
export class Findings {
  /** Messages that were acknowledged. */
  acknowledged = 0;
  /** Of those, how many are not in the database as they were acknowledged: with the same content, in the same place. */
  lost = 0;
  /** Messages, acknowledged or not, that are in the database more than once. */
  doubled = 0;
  /** Whatever else is wrong, a sentence each. */
  readonly damage: string[] = [];
  /** How many more sentences there would be. */
  moreDamage = 0;
  /** What else is worth knowing, a sentence each; nothing bad. */
  readonly notes: string[] = [];

  /** Whether nothing is wrong. */
  get isClean(): boolean {
    return this.lost === 0 && this.doubled === 0 && this.damage.length === 0;
  }

  report(sentence: string): void {
    if (this.damage.length < mostDescribed) this.damage.push(sentence);
    else this.moreDamage += 1;
  }

  /** Adds what was found elsewhere. */
  add(other: Findings): void {
    this.acknowledged += other.acknowledged;
    this.lost += other.lost;
    this.doubled += other.doubled;
    for (const sentence of other.damage) this.report(sentence);
    this.moreDamage += other.moreDamage;
    this.notes.push(...other.notes);
  }
}
