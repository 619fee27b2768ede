const mebibyte = 1024 * 1024;

/** What a value may take beyond its share: of one pickle, and of all pickles of a file together. */
const slackOfPickle = 16 * mebibyte;
const slackOfFile = 64 * mebibyte;

/** A value takes its share whatever the others of its file take: this much for each byte of its pickle, up to a bound. */
const unitsPerByte = 16;
const maximumShare = 64 * mebibyte;

/**
 * How large the values of a file's pickles may become, in units of about a byte. A pickle may repeat its parts: a few bytes of it can
 * stand for gigabytes, and a file may have many.
 */
export class FileBudget {
  /** What is left for values that take more than their share. */
  slack = slackOfFile;

  /** @param length the bytes of the pickle. */
  allow(length: number): Allowance {
    return new Allowance(this, Math.max(length, Math.min(unitsPerByte * length, maximumShare + length)));
  }
}

/** How large the value of one pickle may become. */
export class Allowance {
  #slack = slackOfPickle;
  #share: number;

  constructor(
    readonly budget: FileBudget,
    share: number,
  ) {
    this.#share = share;
  }

  /** Takes units before they are created; false if there are not so many left. */
  spend(units: number): boolean {
    const fromShare = Math.min(units, this.#share);
    this.#share -= fromShare;
    const rest = units - fromShare;
    if (rest > Math.min(this.#slack, this.budget.slack)) return false;
    this.#slack -= rest;
    this.budget.slack -= rest;
    return true;
  }
}
