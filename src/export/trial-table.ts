import { stringify } from "csv-stringify/sync";
import type { ReadOnlyStore } from "../database/index.js";
import {
  type ReadControl,
  type SessionOverview,
  inTimeSlices,
  readTrialColumns,
  streamTrials,
  trialHeadings,
  widenTrial,
} from "../queries/index.js";
import { type Cell, toCell, writeTogether } from "./cell.js";

/** The session's columns, which come before those of the trial. */
export const sessionHeadings = ["session_id", "experiment_name", "experiment_id", "participant_id"] as const;

export interface TrialTableFormat {
  readonly delimiter: "," | "\t";
  /** Whether text that a spreadsheet would run as a formula is left unchanged. */
  readonly isRaw: boolean;
}

/**
 * The trials of sessions as one table, one row per trial: the columns of the session, of the trial, and of all parameters, outcomes
 * and extra data of all sessions. Every trial is read twice, for its columns and for its row, so that memory stays flat; trials
 * that arrive after the first pass have no row.
 *
 * Text that begins like a formula, by OWASP's list, gets a `'` in front unless `isRaw`; numbers never do. A missing value is an
 * empty cell, and an empty text is `""`.
 *
 * @returns the table's text, piece by piece.
 * @throws the reason of the control's signal; DatabaseError `unavailable` when the database cannot be read now.
 */
export function streamTrialTable(
  store: ReadOnlyStore,
  sessions: readonly SessionOverview[],
  format: TrialTableFormat,
  control: ReadControl = {},
): AsyncGenerator<string, undefined, undefined> {
  return writeTogether(streamRows(store, sessions, control), (rows) => formatRows(rows, format));
}

async function* streamRows(
  store: ReadOnlyStore,
  sessions: readonly SessionOverview[],
  control: ReadControl,
): AsyncGenerator<Cell[]> {
  const own = [...sessionHeadings, ...trialHeadings];
  const ids = sessions.map(({ unique_id }) => unique_id);
  const { columns, trials } = await readTrialColumns(store, ids, own, control);
  yield [...own, ...columns.map(({ heading }) => heading)];
  for (const session of sessions) {
    const last = trials.get(session.unique_id) ?? 0;
    if (last === 0) continue;
    const before = sessionHeadings.map((heading) => session[heading]);
    for await (const trial of inTimeSlices(store, streamTrials(store, session.unique_id), control)) {
      yield [...before, ...widenTrial(trial, columns).map(toCell)];
      if (trial.trial >= last) break;
    }
  }
}

/** Formats rows as the text of a table: a missing value is an empty cell, an empty text is `""`. */
export function formatRows(rows: Cell[][], { delimiter, isRaw }: TrialTableFormat): string {
  return stringify(rows, {
    delimiter,
    escape_formulas: !isRaw,
    cast: { number: (value) => (Object.is(value, -0) ? "-0" : String(value)) },
    // Quote empty text, to tell it from a missing value; and a lone \r, which many readers take for the end of a line.
    quoted_match: [/^$/, /\r/],
  });
}
