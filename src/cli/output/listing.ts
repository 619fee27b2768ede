import { type Command, Option } from "commander";
import { ConfigError } from "../config/config-error.js";
import type { Value } from "../../protocol/index.js";
import { selectColumns } from "../../export/index.js";

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

/** The flags of how a command prints rows. */
export interface ListingFlags {
  readonly format?: Format;
  readonly raw?: boolean;
  readonly columns?: readonly string[];
}

/** Adds the flags of {@link ListingFlags}. */
export function addListingOptions(command: Command): Command {
  return command.addOption(formatOption()).addOption(rawOption()).addOption(columnsOption());
}

/** The flag `--format` of a command that lists. */
export function formatOption(): Option {
  return new Option("--format <format>", "output format; default: table on a terminal, else ndjson").choices(
    formats,
  );
}

/** The flag `--raw` of a command that writes tables. */
export function rawOption(): Option {
  return new Option(
    "--raw",
    "csv and tsv: unchanged texts, even those that a spreadsheet would run as formulas",
  );
}

/** The flag `--columns` of a command that writes tables. */
export function columnsOption(): Option {
  return new Option(
    "--columns <headings>",
    "columns of a table, csv or tsv, in this order: trial,x,outcome; may be repeated",
  ).argParser((text: string, before?: readonly string[]) => [...(before ?? []), text]);
}

/** The given format; by default a table on a terminal and NDJSON elsewhere. */
export function chooseFormat(given: Format | undefined): Format {
  return given ?? (process.stdout.isTTY ? "table" : "ndjson");
}

/** Whether the rows of a format have columns. */
export function hasColumns(format: Format): boolean {
  return format === "table" || format === "csv" || format === "tsv";
}

/**
 * A listing with the columns that the user chose.
 *
 * @throws ConfigError for a format without columns; DatabaseError `bad_argument` for an unknown column.
 */
export function withColumns<Row>(
  listing: Listing<Row>,
  format: Format,
  columns: readonly string[] | undefined,
): Listing<Row> {
  if (columns === undefined) return listing;
  if (!hasColumns(format)) throw new ConfigError([`--columns is for table, csv and tsv, not for ${format}.`]);
  const indices = selectColumns(listing.headings, columns);
  const pick = <Item>(items: readonly Item[], missing: Item) =>
    indices.map((index) => items[index] ?? missing);
  const { rows, valueOf } = listing;
  return {
    rows,
    valueOf,
    headings: pick(listing.headings, ""),
    cellsOf: (row) => pick(listing.cellsOf(row), null),
  };
}
