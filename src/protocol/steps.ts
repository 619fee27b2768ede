/** Work that pauses at each `yield`, so that its caller can do other work in between. */
export type Steps<Result> = Generator<undefined, Result, undefined>;

/** How many values are worked on between two pauses: well below a millisecond. */
export const valuesPerStep = 1000;

/** How many characters or bytes are worked on between two pauses, however few values they are. */
export const charactersPerStep = 64 * 1024;

/** Says when work on a message is to pause: after many values or after many characters, since a single value may be long. */
export class StepMeter {
  #values = 0;
  #paused = 0;

  /**
   * Counts one more value.
   *
   * @param position how many characters or bytes were worked on since the begin.
   */
  isOver(position: number): boolean {
    this.#values += 1;
    if (this.#values < valuesPerStep && position - this.#paused < charactersPerStep) return false;
    this.#values = 0;
    this.#paused = position;
    return true;
  }
}

/** Runs work to its end without a pause. */
export function complete<Result>(steps: Steps<Result>): Result {
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}
