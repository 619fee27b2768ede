/** A page ends with the row that reaches this many characters: rows may be large. */
const maximumCharacters = 1024 * 1024;

/** A page of serialized rows. */
export interface Page<Row> {
  readonly texts: readonly string[];
  /** The last row of the page. */
  readonly last: Row | undefined;
  /** Whether more rows follow. */
  readonly more: boolean;
}

/** Reads the first `limit` rows, or fewer if they are large. */
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
