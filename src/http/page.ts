/** A page ends with the row that brings it to this many characters: rows may be large. */
const maximumCharacters = 1024 * 1024;

/** Some rows, written. */
export interface Page<Row> {
  readonly texts: readonly string[];
  /** The last of them. */
  readonly last: Row | undefined;
  /** Whether others follow. */
  readonly more: boolean;
}

/** The first of the rows, no more than `limit`; the others are not read. */
export async function readPage<Row>(
  rows: AsyncGenerator<Row>,
  write: (row: Row) => string,
  limit: number,
): Promise<Page<Row>> {
  const texts: string[] = [];
  let last: Row | undefined;
  let characters = 0;
  for await (const row of rows) {
    if (texts.length === limit || characters >= maximumCharacters) return { texts, last, more: true };
    const text = write(row);
    texts.push(text);
    characters += text.length;
    last = row;
  }
  return { texts, last, more: false };
}
