import type { ReadOnlyStore } from "../database/index.js";
import type { ReadControl, SessionOverview } from "../queries/index.js";
import type { FileFormat } from "./format.js";
import { streamMessageLines, streamTrialLines } from "./json-lines.js";
import { streamTrialTable } from "./trial-table.js";

export interface ExportOptions extends ReadControl {
  /** For csv and tsv: whether text that a spreadsheet would run as a formula is left unchanged. */
  readonly isRaw?: boolean;
}

/**
 * Sessions as the text of one file, piece by piece, in flat memory.
 *
 * @throws the reason of the options' signal; DatabaseError `unavailable` when the database cannot be read now.
 */
export function streamExport(
  store: ReadOnlyStore,
  sessions: readonly SessionOverview[],
  format: FileFormat,
  { isRaw = false, ...control }: ExportOptions = {},
): AsyncGenerator<string, undefined, undefined> {
  switch (format) {
    case "csv":
      return streamTrialTable(store, sessions, { delimiter: ",", isRaw }, control);
    case "tsv":
      return streamTrialTable(store, sessions, { delimiter: "\t", isRaw }, control);
    case "ndjson":
      return streamTrialLines(store, sessions, control);
    case "messages":
      return streamMessageLines(store, sessions, control);
  }
}
