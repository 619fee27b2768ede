import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Cell, formatRows, toCell, writeTogether } from "../../export/index.js";
import { formatJson } from "../../protocol/index.js";
import type { Format, Listing } from "./listing.js";
import { formatTable } from "./table.js";

/**
 * Prints rows as they are read, in constant memory.
 *
 * @throws Error with the code EPIPE when the reader of the output has closed it.
 */
export async function printListing<Row>(listing: Listing<Row>, format: Format): Promise<void> {
  const parts = gather(formatParts(listing, format));
  try {
    await pipeline(Readable.from(parts), process.stdout, { end: false });
  } finally {
    // An unfinished read would keep the database from closing.
    await parts.return(undefined);
  }
}

function formatParts<Row>(listing: Listing<Row>, format: Format): AsyncGenerator<string> {
  switch (format) {
    case "table":
      return formatTable(listing, process.stdout.columns || process.stderr.columns || 80);
    case "json":
      return formatArray(listing);
    case "ndjson":
      return formatNdjson(listing);
    case "csv":
    case "tsv": {
      const delimiter = format === "csv" ? "," : "\t";
      return writeTogether(listCells(listing), (rows) => formatRows(rows, { delimiter, isRaw: true }));
    }
  }
}

async function* listCells<Row>({ headings, rows, cellsOf }: Listing<Row>): AsyncGenerator<Cell[]> {
  yield [...headings];
  for await (const row of rows) yield cellsOf(row).map(toCell);
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
