import { stringify } from "csv-stringify/sync";
import type { ReadOnlyStore } from "../database/index.js";
import {
  type SessionOverview,
  inTimeSlices,
  readTrialColumns,
  streamTrials,
  trialHeadings,
  widenTrial,
} from "../queries/index.js";
import { type Cell, toCell, writeTogether } from "./cell.js";

/** The session's columns, which stand before those of the trial. */
export const sessionHeadings = ["session_id", "experiment_name", "experiment_id", "participant_id"] as const;

export interface TrialTableOptions {
  readonly delimiter: "," | "\t";
  /** Whether a text that a spreadsheet would run as a formula stays as it is. */
  readonly isRaw: boolean;
  /** Is told of each trial that was read, first for its columns and then for its row; what it throws ends the export. */
  readonly onTrial?: () => void;
}

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
export function streamTrialTable(
  database: ReadOnlyStore,
  sessions: readonly SessionOverview[],
  options: TrialTableOptions,
): AsyncGenerator<string, undefined, undefined> {
  return writeTogether(streamRows(database, sessions, options.onTrial), (rows) => formatRows(rows, options));
}

async function* streamRows(
  database: ReadOnlyStore,
  sessions: readonly SessionOverview[],
  onTrial: (() => void) | undefined,
): AsyncGenerator<Cell[]> {
  const own = [...sessionHeadings, ...trialHeadings];
  const ids = sessions.map(({ unique_id }) => unique_id);
  const { columns, trials } = await readTrialColumns(database, ids, own, onTrial);
  yield [...own, ...columns.map(({ heading }) => heading)];
  for (const session of sessions) {
    const last = trials.get(session.unique_id) ?? 0;
    if (last === 0) continue;
    const before = sessionHeadings.map((heading) => session[heading]);
    for await (const trial of inTimeSlices(database, streamTrials(database, session.unique_id))) {
      yield [...before, ...widenTrial(trial, columns).map(toCell)];
      onTrial?.();
      if (trial.trial >= last) break;
    }
  }
}

/** Rows as the text of a table: no value is an empty cell, an empty text `""`. */
export function formatRows(
  rows: Cell[][],
  { delimiter, isRaw }: Pick<TrialTableOptions, "delimiter" | "isRaw">,
): string {
  return stringify(rows, {
    delimiter,
    escape_formulas: !isRaw,
    cast: { number: (value) => (Object.is(value, -0) ? "-0" : String(value)) },
    // An empty text, where no value is left empty; and a lone \r, which ends a line for many a reader.
    quoted_match: [/^$/, /\r/],
  });
}
