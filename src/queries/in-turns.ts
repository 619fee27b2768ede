import type { Database } from "../database/index.js";

/** The time in which one reader works before others have their turn. */
export class TimeSlice {
  #begun = performance.now();

  constructor(readonly database: Database) {}

  /** Ends the turn where it has lasted long enough; then the promise resolves at the beginning of the next. */
  end(): Promise<void> | undefined {
    if (performance.now() - this.#begun < this.database.pace.turnMs) return undefined;
    return this.database.pace.next().then(() => {
      this.#begun = performance.now();
    });
  }
}

/**
 * The same rows, given out so that the process has time for others: for a turn, and then as the database's pace allows.
 * However many read at once, they take no more of each round than one.
 */
export async function* inTimeSlices<Row>(
  database: Database,
  rows: AsyncIterable<Row>,
): AsyncGenerator<Row, undefined, undefined> {
  const turn = new TimeSlice(database);
  for await (const row of rows) {
    yield row;
    await turn.end();
  }
  return undefined;
}
