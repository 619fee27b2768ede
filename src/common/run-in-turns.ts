import { setImmediate } from "node:timers/promises";

/** How long work may take before the event loop goes round. */
const turnMs = 8;

/** Runs work that pauses at each `yield` to its end; the event loop goes round after each turn of 8 ms. */
export async function runInTurns<Result>(steps: Iterator<undefined, Result, undefined>): Promise<Result> {
  let startedAtMs = performance.now();
  let step = steps.next();
  while (step.done !== true) {
    if (performance.now() - startedAtMs >= turnMs) {
      await setImmediate();
      startedAtMs = performance.now();
    }
    step = steps.next();
  }
  return step.value;
}
