/** All rows of an iterable. */
export async function collect<Row>(rows: AsyncIterable<Row>): Promise<Row[]> {
  const list: Row[] = [];
  for await (const row of rows) list.push(row);
  return list;
}

/** All text that comes in pieces. */
export async function collectText(pieces: AsyncIterable<string>): Promise<string> {
  return (await collect(pieces)).join("");
}
