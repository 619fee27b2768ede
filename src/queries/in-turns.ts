import { setImmediate, setTimeout } from "node:timers/promises";

/** How long rows may be worked on before others have their turn. */
const longestMs = 1;

/** Others who need less than this in their turn have little to do. */
const littleMs = 0.1;

/** How long those who read rest, for each ms that others needed; and at most, so that they get on all the same. */
const restForEachMs = 4;
const longestRestMs = 20;

let lastTurn = Promise.resolve();

/**
 * Resolves when it is time to go on: after everything else has had its turn, and, where that had much to do, after a rest. Of
 * those who wait one goes on in each round of the event loop.
 */
function waitForTurn(): Promise<void> {
  lastTurn = lastTurn.then(async () => {
    const begun = performance.now();
    await setImmediate();
    const neededMs = performance.now() - begun;
    // A message passes through the event loop many times before it is acknowledged.
    if (neededMs > littleMs) await setTimeout(Math.min(neededMs * restForEachMs, longestRestMs));
  });
  return lastTurn;
}

/** The time in which one reader works before others have their turn. */
export class Turn {
  #begun = performance.now();

  /** Ends the turn where it has lasted long enough; then the promise resolves at the beginning of the next. */
  end(): Promise<void> | undefined {
    if (performance.now() - this.#begun < longestMs) return undefined;
    return waitForTurn().then(() => {
      this.#begun = performance.now();
    });
  }
}

/**
 * The same rows, given out so that the process has time for others: for a millisecond, and then only after whatever waits. However
 * many read at once, they take no more of each round than one.
 */
export async function* inTurns<Row>(rows: AsyncIterable<Row>): AsyncGenerator<Row, undefined, undefined> {
  const turn = new Turn();
  for await (const row of rows) {
    yield row;
    await turn.end();
  }
  return undefined;
}
