/** Work that pauses at each `yield`, so that its caller can do other work in between. */
export type Steps<Result> = Generator<undefined, Result, undefined>;

/** How many values are worked on between two pauses: well below a millisecond. */
export const valuesPerStep = 1000;

/** Runs work to its end without a pause. */
export function complete<Result>(steps: Steps<Result>): Result {
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}
