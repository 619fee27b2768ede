import type { ReadOnlyStore } from "../database/index.js";

/** The time in which one reader works before others have their turn. */
export class TimeSlice {
  #begun = performance.now();

  constructor(readonly database: ReadOnlyStore) {}

  /** Ends the turn where it has lasted long enough; then the promise resolves at the beginning of the next. */
  end(): Promise<void> | undefined {
    if (performance.now() - this.#begun < this.database.throttle.turnMs) return undefined;
    return this.database.throttle.next().then(() => {
      this.#begun = performance.now();
    });
  }
}

/**
 * The same rows, given out so that the process has time for others: for a turn, and then as the store's throttle allows.
 * However many read at once, they take no more of each round than one.
 */
export async function* inTimeSlices<Row>(
  database: ReadOnlyStore,
  rows: AsyncIterable<Row>,
): AsyncGenerator<Row, undefined, undefined> {
  const turn = new TimeSlice(database);
  for await (const row of rows) {
    yield row;
    await turn.end();
  }
  return undefined;
}
