import type { ReadOnlyStore } from "../database/index.js";
import type { SessionOverview } from "../queries/index.js";
import type { FileFormat } from "./format.js";
import { streamMessageLines, streamTrialLines } from "./json-lines.js";
import { streamTrialTable } from "./trial-table.js";

export interface ExportOptions {
  /** For csv and tsv: whether a text that a spreadsheet would run as a formula stays as it is. */
  readonly isRaw?: boolean;
  /** Is told of each trial or message that was read; csv and tsv read every trial twice. What it throws ends the export. */
  readonly onRow?: () => void;
}

/**
 * Sessions as the text of one file, piece by piece, in flat memory.
 *
 * @throws DatabaseError `unavailable` when the database cannot be read now.
 */
export function streamExport(
  database: ReadOnlyStore,
  sessions: readonly SessionOverview[],
  format: FileFormat,
  { isRaw = false, onRow }: ExportOptions = {},
): AsyncGenerator<string, undefined, undefined> {
  const row = onRow === undefined ? {} : { onTrial: onRow };
  switch (format) {
    case "csv":
      return streamTrialTable(database, sessions, { delimiter: ",", isRaw, ...row });
    case "tsv":
      return streamTrialTable(database, sessions, { delimiter: "\t", isRaw, ...row });
    case "ndjson":
      return streamTrialLines(database, sessions, onRow);
    case "messages":
      return streamMessageLines(database, sessions, onRow);
  }
}
