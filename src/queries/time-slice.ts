import type { ReadOnlyStore } from "../database/index.js";
import type { Steps } from "../protocol/index.js";

/** The stretch of time for which one reader works before others get their turn. */
export class TimeSlice {
  #startedAtMs = performance.now();

  constructor(readonly store: ReadOnlyStore) {}

  /** Ends the slice if it has lasted long enough; the promise then resolves when the next one starts. */
  end(): Promise<void> | undefined {
    if (performance.now() - this.#startedAtMs < this.store.throttle.sliceMs) return undefined;
    return this.store.throttle.next().then(() => {
      this.#startedAtMs = performance.now();
    });
  }

  /** Runs work to its end, in as many slices as it takes. */
  async run<Result>(steps: Steps<Result>): Promise<Result> {
    let step = steps.next();
    while (step.done !== true) {
      const ended = this.end();
      if (ended !== undefined) await ended;
      step = steps.next();
    }
    return step.value;
  }
}

/** How a caller aborts a long read, and shows its progress. */
export interface ReadControl {
  /** Aborts the read, which then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called for each row; tables read every trial twice, first for its columns and then for its row. */
  readonly onRow?: (() => void) | undefined;
}

/**
 * Yields rows in time slices, so that the process has time for other work in between. Readers share the slices: however many
 * read at once, together they take no more of each round of the event loop than one.
 *
 * @throws the reason of the control's signal, once it is aborted.
 */
export async function* inTimeSlices<Row>(
  store: ReadOnlyStore,
  rows: AsyncIterable<Row>,
  { signal, onRow }: ReadControl = {},
): AsyncGenerator<Row, undefined, undefined> {
  const slice = new TimeSlice(store);
  for await (const row of rows) {
    signal?.throwIfAborted();
    onRow?.();
    yield row;
    await slice.end();
  }
  return undefined;
}
