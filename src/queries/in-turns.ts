import { setImmediate } from "node:timers/promises";

/** How long rows may be worked on before others have their turn. */
const longestMs = 1;

let lastTurn = Promise.resolve();

/** Resolves after everything else has had its turn; one of those who wait, in each round of the event loop. */
function nextTurn(): Promise<void> {
  lastTurn = lastTurn.then(() => setImmediate());
  return lastTurn;
}

/**
 * The same rows, given out so that the process has time for others: for a millisecond, and then only after whatever waits. However
 * many read at once, they take no more of each round than one.
 */
export async function* inTurns<Row>(rows: AsyncIterable<Row>): AsyncGenerator<Row, undefined, undefined> {
  let begun = performance.now();
  for await (const row of rows) {
    yield row;
    if (performance.now() - begun < longestMs) continue;
    await nextTurn();
    begun = performance.now();
  }
  return undefined;
}
