import type { ReadOnlyStore } from "../database/index.js";
import { type ReadControl, TimeSlice, inTimeSlices } from "./time-slice.js";

/** Texts are joined until they have this many characters. */
const chunkCharacters = 16 * 1024;

/**
 * Writes rows as lines of text and joins them into chunks, in time slices: a long line is written part by part, with other work in
 * between.
 *
 * @param write returns the parts of a row's line, each written when it is asked for.
 * @throws the reason of the control's signal, once it is aborted.
 */
export async function* writeChunks<Row>(
  store: ReadOnlyStore,
  rows: AsyncIterable<Row>,
  write: (row: Row) => Iterable<string>,
  control: ReadControl = {},
): AsyncGenerator<string, undefined, undefined> {
  const slice = new TimeSlice(store);
  let chunk = "";
  for await (const row of inTimeSlices(store, rows, control)) {
    for (const part of write(row)) {
      chunk += part;
      const ended = slice.end();
      if (ended !== undefined) await ended;
      if (chunk.length < chunkCharacters) continue;
      control.signal?.throwIfAborted();
      yield chunk;
      chunk = "";
    }
    chunk += "\n";
  }
  if (chunk !== "") yield chunk;
  return undefined;
}
