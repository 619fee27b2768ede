import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { writeTable } from "../../export/index.js";
import { type Value, formatJson } from "../../protocol/index.js";
import { type Format, type Listing, type ListingFlags, chooseFormat, withColumns } from "./listing.js";
import { formatTable } from "./table.js";

/**
 * Prints rows as they are read, in constant memory.
 *
 * @throws as {@link withColumns}; Error with the code EPIPE when the reader of the output has closed it.
 */
export async function printListing<Row>(
  listing: Listing<Row>,
  { format, raw = false, columns }: ListingFlags,
): Promise<void> {
  const chosen = chooseFormat(format);
  const parts = gather(formatParts(withColumns(listing, chosen, columns), chosen, raw));
  try {
    await pipeline(Readable.from(parts), process.stdout, { end: false });
  } finally {
    // An unfinished read would keep the database from closing.
    await parts.return(undefined);
  }
}

function formatParts<Row>(listing: Listing<Row>, format: Format, isRaw: boolean): AsyncGenerator<string> {
  switch (format) {
    case "table":
      return formatTable(listing, process.stdout.columns || process.stderr.columns || 80);
    case "json":
      return formatArray(listing);
    case "ndjson":
      return formatNdjson(listing);
    case "csv":
    case "tsv": {
      const { headings } = listing;
      return writeTable(
        { headings, rows: listCells(listing) },
        { delimiter: format === "csv" ? "," : "\t", isRaw },
      );
    }
  }
}

async function* listCells<Row>({ rows, cellsOf }: Listing<Row>): AsyncGenerator<readonly Value[]> {
  for await (const row of rows) yield cellsOf(row);
}

async function* formatNdjson<Row>({ rows, valueOf }: Listing<Row>): AsyncGenerator<string> {
  for await (const row of rows) yield `${formatJson(valueOf(row))}\n`;
}

async function* formatArray<Row>({ rows, valueOf }: Listing<Row>): AsyncGenerator<string> {
  let before = "[\n";
  for await (const row of rows) {
    yield before + formatJson(valueOf(row));
    before = ",\n";
  }
  yield before === "[\n" ? "[]\n" : "\n]\n";
}

const chunkCharacters = 32 * 1024;

/** Joins texts into chunks, because each chunk costs a system call. */
async function* gather(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let chunk = "";
  for await (const text of texts) {
    chunk += text;
    if (chunk.length < chunkCharacters) continue;
    yield chunk;
    chunk = "";
  }
  if (chunk !== "") yield chunk;
}
