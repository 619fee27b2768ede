import type { ReadOnlyStore } from "../database/index.js";
import type { SessionOverview } from "../queries/index.js";
import type { FileFormat } from "./format.js";
import { streamMessageLines, streamTrialLines } from "./json-lines.js";
import { type TableFormat, writeTable } from "./table-text.js";
import { type TrialTableOptions, openTrialTable } from "./trial-table.js";

export interface ExportOptions extends TrialTableOptions {
  /** For csv and tsv: whether text that a spreadsheet would run as a formula is left unchanged. */
  readonly isRaw?: boolean;
  /** For csv: whether the file begins with a byte order mark, by which Excel knows UTF-8. */
  readonly isForExcel?: boolean;
  /** For csv and tsv: whether numbers have a decimal comma; then `;` separates the cells of csv. */
  readonly hasDecimalComma?: boolean;
}

/**
 * Sessions as the text of one file, piece by piece, in flat memory.
 *
 * @throws the reason of the options' signal; DatabaseError `unavailable` when the database cannot be read now, `bad_argument` for an
 *   unknown column.
 */
export function streamExport(
  store: ReadOnlyStore,
  sessions: readonly SessionOverview[],
  format: FileFormat,
  options: ExportOptions = {},
): AsyncGenerator<string, undefined, undefined> {
  switch (format) {
    case "csv":
    case "tsv":
      return streamTrialTable(store, sessions, format, options);
    case "ndjson":
      return streamTrialLines(store, sessions, options);
    case "messages":
      return streamMessageLines(store, sessions, options);
  }
}

async function* streamTrialTable(
  store: ReadOnlyStore,
  sessions: readonly SessionOverview[],
  format: "csv" | "tsv",
  { isRaw = false, isForExcel = false, hasDecimalComma = false, ...options }: ExportOptions,
): AsyncGenerator<string, undefined, undefined> {
  const table = await openTrialTable(store, sessions, options);
  const style: TableFormat = {
    delimiter: format === "tsv" ? "\t" : hasDecimalComma ? ";" : ",",
    isRaw,
    hasByteOrderMark: isForExcel,
    hasDecimalComma,
  };
  return yield* writeTable(table, style);
}
