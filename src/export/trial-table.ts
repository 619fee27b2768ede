import type { ReadOnlyStore } from "../database/index.js";
import type { Value } from "../protocol/index.js";
import {
  type ReadControl,
  type SessionOverview,
  type TrialColumns,
  inTimeSlices,
  nameColumns,
  readTrialColumns,
  streamTrials,
  trialHeadings,
  widenTrial,
} from "../queries/index.js";
import { MetadataNames, readMetadata } from "./metadata.js";
import { selectColumns } from "./select-columns.js";
import type { Table } from "./table-text.js";

/** The session's columns, which come before those of the trial. */
export const sessionHeadings = ["session_id", "experiment_name", "experiment_id", "participant_id"] as const;

export interface TrialTableOptions extends ReadControl {
  /** Whether columns with the experiment's description and the session's other metadata follow those of the trial. */
  readonly withMetadata?: boolean;
  /** The headings of the columns to write, in this order; see {@link selectColumns}. */
  readonly columns?: readonly string[];
}

/**
 * The trials of sessions as one table, one row per trial: the columns of the session, of the trial, and of all parameters, outcomes
 * and extra data of all sessions. Every trial is read twice, for its columns and for its row, so that memory stays flat; trials
 * that arrive after the first pass have no row.
 *
 * @throws DatabaseError `bad_argument` for an unknown column, `unavailable` when the database cannot be read now; the reason of the
 *   control's signal.
 */
export async function openTrialTable(
  store: ReadOnlyStore,
  sessions: readonly SessionOverview[],
  { withMetadata = false, columns: chosen, ...control }: TrialTableOptions = {},
): Promise<Table> {
  const own = [...sessionHeadings, ...trialHeadings];
  const ids = sessions.map(({ unique_id }) => unique_id);
  const found = await readTrialColumns(store, ids, own, control);
  const names = [...own, ...found.columns.map(({ heading }) => heading)];
  const metadata = withMetadata ? nameMetadata(sessions, names) : [];
  const headings = [...names, ...metadata.map(({ heading }) => heading)];
  const rows = streamRows(store, sessions, found, metadata, control);
  if (chosen === undefined) return { headings, rows };
  const indices = selectColumns(headings, chosen);
  return { headings: indices.map((index) => headings[index] ?? ""), rows: pick(rows, indices) };
}

/** A column of what is known of a session. */
interface MetadataColumn {
  readonly heading: string;
  readonly valueOf: (session: SessionOverview) => Value;
}

function nameMetadata(sessions: readonly SessionOverview[], taken: readonly string[]): MetadataColumn[] {
  const names = new MetadataNames();
  for (const session of sessions) names.add(session);
  const description = { kind: "metadata", name: "experiment_description" } as const;
  const [first, ...others] = nameColumns([description, ...names.list()], taken);
  return [
    { heading: first?.heading ?? "", valueOf: ({ experiment_description }) => experiment_description },
    ...others.map(({ heading, name }) => ({
      heading,
      valueOf: (session: SessionOverview) => readMetadata(session, name),
    })),
  ];
}

async function* streamRows(
  store: ReadOnlyStore,
  sessions: readonly SessionOverview[],
  { columns, trials }: TrialColumns,
  metadata: readonly MetadataColumn[],
  control: ReadControl,
): AsyncGenerator<Value[]> {
  for (const session of sessions) {
    const last = trials.get(session.unique_id) ?? 0;
    if (last === 0) continue;
    const before = sessionHeadings.map((heading) => session[heading]);
    const after = metadata.map(({ valueOf }) => valueOf(session));
    for await (const trial of inTimeSlices(store, streamTrials(store, session.unique_id), control)) {
      yield [...before, ...widenTrial(trial, columns), ...after];
      if (trial.trial >= last) break;
    }
  }
}

async function* pick(rows: AsyncIterable<Value[]>, indices: readonly number[]): AsyncGenerator<Value[]> {
  for await (const row of rows) yield indices.map((index) => row[index] ?? null);
}
