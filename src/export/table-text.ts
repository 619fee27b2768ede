import { stringify } from "csv-stringify/sync";
import { type Cell, toCell, writeTogether } from "./cell.js";
import { escapeFormula } from "./formula.js";
import type { Value } from "../protocol/index.js";

/** How the text of a table is written. */
export interface TableFormat {
  readonly delimiter: "," | ";" | "\t";
  /** Whether text that a spreadsheet would run as a formula is left unchanged. */
  readonly isRaw?: boolean;
  /** Whether the text begins with a byte order mark, by which Excel knows UTF-8. */
  readonly hasByteOrderMark?: boolean;
  /** Whether numbers have a decimal comma. */
  readonly hasDecimalComma?: boolean;
}

/** A table before it is written. */
export interface Table {
  readonly headings: readonly string[];
  /** Each with a value for every heading. */
  readonly rows: AsyncIterable<readonly Value[]>;
}

/** The text of a table, piece by piece. */
export async function* writeTable(
  table: Table,
  format: TableFormat,
): AsyncGenerator<string, undefined, undefined> {
  if (format.hasByteOrderMark === true) yield "\uFEFF";
  yield* writeTogether(listRows(table), (rows) => formatRows(rows, format));
  return undefined;
}

async function* listRows({ headings, rows }: Table): AsyncGenerator<Cell[]> {
  yield headings.map(toCell);
  for await (const row of rows) yield row.map(toCell);
}

/**
 * Formats rows as text. A missing value is an empty cell, an empty text is `""`. Text that begins like a formula gets a `'` in front,
 * unless `isRaw`; numbers, and texts that are numbers, never do.
 */
export function formatRows(
  rows: readonly (readonly Cell[])[],
  { delimiter, isRaw = false, hasDecimalComma = false }: TableFormat,
): string {
  const safe = isRaw
    ? rows
    : rows.map((row) => row.map((cell) => (typeof cell === "string" ? escapeFormula(cell) : cell)));
  const formatNumber = (value: number): string => (Object.is(value, -0) ? "-0" : String(value));
  return stringify([...safe], {
    delimiter,
    cast: {
      number: hasDecimalComma ? (value) => formatNumber(value).replace(".", ",") : formatNumber,
    },
    // Quote empty text, to tell it from a missing value; and a lone \r, which many readers take for the end of a line.
    quoted_match: [/^$/, /\r/],
  });
}
