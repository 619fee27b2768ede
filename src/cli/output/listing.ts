import { Option } from "commander";
import type { Value } from "../../protocol/index.js";

/** The formats in which a command prints rows. */
const formats = ["table", "json", "ndjson", "csv", "tsv"] as const;

export type Format = (typeof formats)[number];

/** Rows that a command prints. */
export interface Listing<Row> {
  readonly rows: AsyncIterable<Row> | Iterable<Row>;
  /** The columns of table, CSV and TSV. */
  readonly headings: readonly string[];
  /** The columns that a table shows; all by default. */
  readonly tableHeadings?: readonly string[];
  /** A row's cells, in the order of the headings. */
  readonly cellsOf: (row: Row) => readonly Value[];
  /** A row as a JSON value. */
  readonly valueOf: (row: Row) => Value;
}

/** The flag `--format` of a command that lists. */
export function formatOption(): Option {
  return new Option("--format <format>", "output format; default: table on a terminal, else ndjson").choices(
    formats,
  );
}

/** The given format; by default a table on a terminal and NDJSON elsewhere. */
export function chooseFormat(given: Format | undefined): Format {
  return given ?? (process.stdout.isTTY ? "table" : "ndjson");
}
