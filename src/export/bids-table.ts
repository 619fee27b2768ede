import { stringify } from "csv-stringify/sync";
import { escapeControls } from "../common/index.js";
import type { ReadOnlyStore } from "../database/index.js";
import {
  type ReadControl,
  type SessionOverview,
  type TrialColumn,
  formatCell,
  inTimeSlices,
  nameColumns,
  readSession,
  readSessionTiming,
  readTrialColumns,
  streamTrials,
  trialHeadings,
  widenTrial,
} from "../queries/index.js";
import { type Value, type ValueMap, isMap } from "../protocol/index.js";
import type { BidsPlace } from "./bids-layout.js";
import { BidsTimes } from "./bids-time.js";
import { type Cell, toCell, writeTogether } from "./cell.js";

/** What the sidecar of a BIDS table says about a column. */
interface ColumnDescription {
  readonly LongName?: string;
  readonly Description: string;
  readonly Levels?: Readonly<Record<string, string>>;
  readonly Units?: string;
}

/** The first columns of every `_beh.tsv`. */
const ownHeadings = ["trial", "time", "time_received", "model_data"];

/** What the sidecar says about the first columns. */
function describeOwn(times: BidsTimes): Readonly<Record<string, ColumnDescription>> {
  return {
    trial: { LongName: "Trial number", Description: "Place of the trial in its session: 1, 2, 3 …" },
    ...times.describe(),
    model_data: {
      Description: "Whether the trial was meant for the model that chose the next stimuli",
      Levels: { true: "It was.", false: "It was not." },
    },
  };
}

/**
 * Headings that no parameter or outcome gets: ours, that of a missing value, those that have a meaning in BIDS (a client's column of that name need not have
 * it), and the sidecar's keys that do not describe a column.
 */
const reserved = [
  ...ownHeadings,
  "n/a",
  "onset",
  "duration",
  "trial_type",
  "response_time",
  "HED",
  "stim_file",
  "TaskName",
  "TaskDescription",
  "Instructions",
  "CogAtlasID",
  "CogPOID",
  "InstitutionName",
  "InstitutionAddress",
  "InstitutionalDepartmentName",
];

/** The two files of a session in a BIDS dataset. */
export interface BidsTable {
  /** The text of the JSON sidecar. */
  readonly sidecar: string;
  /** The text of the `_beh.tsv`, piece by piece. */
  readonly rows: AsyncGenerator<string, undefined, undefined>;
}

/**
 * The trials of a session as a `_beh.tsv` with its sidecar.
 *
 * @throws the reason of the control's signal; DatabaseError `unavailable` when the database cannot be read now.
 */
export async function makeBidsTable(
  store: ReadOnlyStore,
  { session, taskName }: BidsPlace,
  control: ReadControl,
): Promise<BidsTable> {
  const { config } = await readSession(store, session.session_id);
  const found = await readTrialColumns(store, [session.unique_id], [], control);
  const columns = nameForBids(found.columns);
  const descriptions = columns.map((column) => [column.heading, describeColumn(column, config)] as const);
  const times = new BidsTimes(session, await readSessionTiming(store, session.unique_id));
  const last = found.trials.get(session.unique_id) ?? 0;
  const description = session.experiment_description ?? "";
  const sidecar = {
    TaskName: taskName,
    ...(description === "" ? {} : { TaskDescription: description }),
    ...describeOwn(times),
    ...Object.fromEntries(descriptions),
  };
  return {
    sidecar: `${JSON.stringify(sidecar, null, 2)}\n`,
    rows: writeTogether(streamRows(store, session, times, columns, last, control), formatBidsRows),
  };
}

/** Formats rows of a BIDS table; control characters are escaped, so that tabs and line ends only separate cells. */
export function formatBidsRows(rows: readonly (readonly Cell[])[]): string {
  const cells = rows.map((row) =>
    row.map((cell) => {
      const text = formatCell(cell) ?? "";
      return text === "" ? "n/a" : escapeControls(text);
    }),
  );
  return stringify(cells, { delimiter: "\t" });
}

/** Names the columns by their escaped names, so that no two headings are the same in the file. */
function nameForBids(columns: readonly TrialColumn[]): TrialColumn[] {
  const written = columns.map(({ kind, name }) => ({ kind, name: name && escapeControls(name).trim() }));
  return nameColumns(written, reserved).map((column, index) => ({
    ...column,
    name: columns[index]?.name ?? null,
  }));
}

function describeColumn({ kind, name }: TrialColumn, config: Value): ColumnDescription {
  const longName = name === null || name === "" ? {} : { LongName: name };
  if (kind === "extra_data")
    return { ...longName, Description: "Extra data that the client sent with the trial" };
  if (kind === "outcome")
    return { ...longName, Description: "Outcome of the trial; n/a where there was no response" };
  const section = sectionOf(config, name) ?? sectionOf(config, name?.replace(/_stimuli\d+$/, "") ?? null);
  const [lower, upper] = [textIn(section, "lower_bound"), textIn(section, "upper_bound")];
  const unit = textIn(section, "unit") ?? textIn(section, "units");
  const range = lower === undefined || upper === undefined ? "" : `, from ${lower} to ${upper}`;
  return {
    ...longName,
    Description: `Parameter of the stimulus${range}`,
    ...(unit === undefined ? {} : { Units: unit }),
  };
}

/** The section of the session's config that describes a parameter. */
function sectionOf(config: Value, name: string | null): ValueMap | undefined {
  const section = isMap(config) && name !== null ? config.get(name) : undefined;
  return isMap(section) ? section : undefined;
}

function textIn(section: ValueMap | undefined, key: string): string | undefined {
  const value = section?.get(key);
  return typeof value === "number" || (typeof value === "string" && value !== "") ? String(value) : undefined;
}

async function* streamRows(
  store: ReadOnlyStore,
  session: SessionOverview,
  times: BidsTimes,
  columns: readonly TrialColumn[],
  last: number,
  control: ReadControl,
): AsyncGenerator<Cell[]> {
  yield [...ownHeadings, ...columns.map(({ heading }) => heading)];
  if (last === 0) return;
  for await (const trial of inTimeSlices(store, streamTrials(store, session.unique_id), control)) {
    const cells = widenTrial(trial, columns).slice(trialHeadings.length);
    const own = [trial.trial, ...times.cellsOf(trial), trial.model_data];
    yield [...own, ...cells].map(toCell);
    if (trial.trial >= last) return;
  }
}
