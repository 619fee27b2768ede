import type { ReadOnlyStore } from "../database/index.js";
import { TimeSlice } from "../queries/index.js";
import type { RowWriter } from "./row-writer.js";

/** A page ends with the row that reaches this many characters: rows may be large. */
const maximumCharacters = 1024 * 1024;

/** A page of serialized rows. */
export interface Page<Row> {
  /** The parts of the rows' texts, with commas between rows. */
  readonly parts: readonly string[];
  /** The last row of the page. */
  readonly last: Row | undefined;
  /** Whether more rows follow. */
  readonly more: boolean;
}

/** Reads the first `limit` rows, or fewer if they are large; writes each in time slices. */
export async function readPage<Row>(
  store: ReadOnlyStore,
  rows: AsyncGenerator<Row>,
  write: RowWriter<Row>,
  limit: number,
): Promise<Page<Row>> {
  const slice = new TimeSlice(store);
  const parts: string[] = [];
  let last: Row | undefined;
  let [count, characters] = [0, 0];
  for await (const row of rows) {
    if (count === limit || characters >= maximumCharacters) return { parts, last, more: true };
    if (count > 0) parts.push(",");
    for (const part of write(row)) {
      parts.push(part);
      characters += part.length;
      const ended = slice.end();
      if (ended !== undefined) await ended;
    }
    last = row;
    count += 1;
  }
  return { parts, last, more: false };
}
