import { stringify } from "csv-stringify/sync";
import type { Database } from "../database/index.js";
import {
  type SessionOverview,
  type TrialColumns,
  formatCell,
  inTurns,
  readTrialColumns,
  streamTrials,
  trialHeadings,
  widenTrial,
} from "../queries/index.js";
import type { Value } from "../protocol/index.js";

/** The session's columns, which stand before those of the trial. */
export const sessionHeadings = ["session_id", "experiment_name", "experiment_id", "participant_id"] as const;

export interface TrialTableOptions {
  readonly delimiter: "," | "\t";
  /** Whether a text that a spreadsheet would run as a formula stays as it is. */
  readonly isRaw: boolean;
  /** Is told of each trial that was read, first for its columns and then for its row; what it throws ends the export. */
  readonly onTrial?: () => void;
}

/** A cell before it is text: numbers stay numbers, so that none is taken for a formula. */
export type Cell = string | number | bigint | null;

/** As many cells as are made into text together, about a millisecond's work. */
const cellsTogether = 1024;

/**
 * The trials of sessions as one table, a row a trial: the session's columns, the trial's, and those of all parameters, outcomes and
 * extra data of all sessions. Every trial is read twice, for its columns and for its row, so that memory stays flat; what is told
 * after the first time has no row.
 *
 * A text that begins as OWASP's list of formulas says gets a `'` before it unless `isRaw`; numbers never do. No value is an empty
 * cell, and an empty text `""`.
 *
 * @returns the table's text, piece by piece.
 * @throws DatabaseError `unavailable` when the database cannot be read now.
 */
export async function* streamTrialTable(
  database: Database,
  sessions: readonly SessionOverview[],
  options: TrialTableOptions,
): AsyncGenerator<string, undefined, undefined> {
  const own = [...sessionHeadings, ...trialHeadings];
  const ids = sessions.map(({ unique_id }) => unique_id);
  const found = await readTrialColumns(database, ids, own, options.onTrial);
  let rows: Cell[][] = [[...own, ...found.columns.map(({ heading }) => heading)]];
  const rowsTogether = Math.max(1, Math.floor(cellsTogether / (own.length + found.columns.length)));
  for (const session of sessions) {
    const before = sessionHeadings.map((heading) => session[heading]);
    for await (const cells of streamRows(database, session.unique_id, found)) {
      rows.push([...before, ...cells.map(toCell)]);
      options.onTrial?.();
      if (rows.length < rowsTogether) continue;
      yield formatRows(rows, options);
      rows = [];
    }
  }
  if (rows.length > 0) yield formatRows(rows, options);
  return undefined;
}

async function* streamRows(
  database: Database,
  masterId: number,
  { columns, trials }: TrialColumns,
): AsyncGenerator<Value[]> {
  const last = trials.get(masterId) ?? 0;
  if (last === 0) return;
  for await (const trial of inTurns(streamTrials(database, masterId))) {
    yield widenTrial(trial, columns);
    if (trial.trial >= last) return;
  }
}

function toCell(value: Value): Cell {
  return typeof value === "number" || typeof value === "bigint" ? value : formatCell(value);
}

/** Rows as the text of a table. */
export function formatRows(
  rows: Cell[][],
  { delimiter, isRaw }: Pick<TrialTableOptions, "delimiter" | "isRaw">,
): string {
  return stringify(rows, {
    delimiter,
    escape_formulas: !isRaw,
    cast: { number: (value) => (Object.is(value, -0) ? "-0" : String(value)) },
    // An empty text; no value is left empty.
    quoted_match: [/^$/],
  });
}
