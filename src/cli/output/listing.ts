import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Option } from "commander";
import { type Cell, formatRows, toCell, writeTogether } from "../../export/index.js";
import { type Value, formatJson } from "../../protocol/index.js";
import { formatTable } from "./table.js";

/** The forms in which a command prints what it was asked for. */
const formats = ["table", "json", "ndjson", "csv", "tsv"] as const;

export type Format = (typeof formats)[number];

/** What a command prints, row by row. */
export interface Listing<Row> {
  readonly rows: AsyncIterable<Row> | Iterable<Row>;
  /** The columns of a table, of CSV and TSV. */
  readonly headings: readonly string[];
  /** The columns that a table shows, where it does not show all. */
  readonly tableHeadings?: readonly string[];
  /** A row's cells, in the order of the headings. */
  readonly cellsOf: (row: Row) => readonly Value[];
  /** What a row is as JSON. */
  readonly valueOf: (row: Row) => Value;
}

export function formatOption(): Option {
  return new Option("--format <format>", "default: table on a terminal, else ndjson").choices(formats);
}

/** The format that was given, or that fits where the output goes. */
export function chooseFormat(given: Format | undefined): Format {
  return given ?? (process.stdout.isTTY ? "table" : "ndjson");
}

/**
 * Prints rows as they come, in flat memory.
 *
 * @throws Error with the code EPIPE when nobody reads the output any more.
 */
export async function printListing<Row>(listing: Listing<Row>, format: Format): Promise<void> {
  const parts = gather(formatParts(listing, format));
  try {
    await pipeline(Readable.from(parts), process.stdout, { end: false });
  } finally {
    // What is still being read of the database would keep it from being closed.
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

/** The same text in fewer parts: each is a call of the system. */
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
