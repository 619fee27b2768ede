import type { ReadOnlyStore } from "../database/index.js";
import { isMap } from "../protocol/index.js";
import { inTimeSlices } from "./time-slice.js";
import { type Trial, streamTrials } from "./trials.js";

/** What a column of a wide trial holds. */
export type TrialColumnKind = "parameter" | "outcome" | "extra_data";

/** A column of wide trials beyond those that every trial has. */
export interface TrialColumn {
  /** What stands above it: its name, unless that is taken; see {@link nameColumns}. */
  readonly heading: string;
  readonly kind: TrialColumnKind;
  /** The name of the parameter, outcome or key of extra_data; null for extra_data that is no map, as a whole. */
  readonly name: string | null;
}

/** The columns that the trials of sessions have together. */
export interface TrialColumns {
  /** Parameters, then outcomes, then extra data, each in the order of their first appearance. */
  readonly columns: readonly TrialColumn[];
  /** How many trials each session had, by its unique_id in master: a later trial may have names without a column. */
  readonly trials: ReadonlyMap<number, number>;
}

/** The names in trials, in the order of their first appearance. */
export class TrialNames {
  readonly #names = {
    parameter: new Set<string | null>(),
    outcome: new Set<string | null>(),
    extra_data: new Set<string | null>(),
  } satisfies Record<TrialColumnKind, Set<string | null>>;

  add({ parameters, outcomes, extra_data }: Pick<Trial, "parameters" | "outcomes" | "extra_data">): void {
    for (const name of parameters.keys()) this.#names.parameter.add(name);
    for (const name of outcomes.keys()) this.#names.outcome.add(name);
    if (isMap(extra_data)) for (const name of extra_data.keys()) this.#names.extra_data.add(name);
    else if (extra_data !== null) this.#names.extra_data.add(null);
  }

  /** Every name, parameters first. */
  list(): Omit<TrialColumn, "heading">[] {
    return (["parameter", "outcome", "extra_data"] as const).flatMap((kind) =>
      Array.from(this.#names[kind], (name) => ({ kind, name })),
    );
  }
}

/**
 * Gives each column a heading of its own, whatever the case in which it is written. A name keeps its form unless it is taken, by one
 * of `own` or by a column before it: then its kind stands before it (`parameter_trial`, `outcome_x`, `extra_data_rt`), and where
 * that is taken as well a number behind it (`parameter_x_2`). A name that is empty is called as its kind.
 *
 * @param own the headings of the columns that every row has.
 */
export function nameColumns(
  columns: readonly Omit<TrialColumn, "heading">[],
  own: readonly string[],
): TrialColumn[] {
  const taken = new Set(own.map((heading) => heading.toLowerCase()));
  return columns.map(({ kind, name }) => {
    const isNamed = name !== null && name !== "";
    const withKind = isNamed ? `${kind}_${name}` : kind;
    let heading = isNamed ? name : kind;
    for (let n = 1; taken.has(heading.toLowerCase()); n += 1)
      heading = n === 1 ? withKind : `${withKind}_${n}`;
    taken.add(heading.toLowerCase());
    return { heading, kind, name };
  });
}

/**
 * The columns of the trials of sessions, united, found by reading all of these trials once in flat memory.
 *
 * @param masterIds the sessions' unique_ids in master.
 * @param own the headings of the columns that every row has; see {@link nameColumns}.
 * @param onTrial is told of each trial that was read; what it throws ends the reading.
 * @throws DatabaseError `unavailable` when the database cannot be read now.
 */
export async function readTrialColumns(
  database: ReadOnlyStore,
  masterIds: Iterable<number>,
  own: readonly string[],
  onTrial?: () => void,
): Promise<TrialColumns> {
  const names = new TrialNames();
  const trials = new Map<number, number>();
  for (const masterId of masterIds) {
    let count = 0;
    for await (const trial of inTimeSlices(database, streamTrials(database, masterId))) {
      names.add(trial);
      count += 1;
      onTrial?.();
    }
    trials.set(masterId, count);
  }
  return { columns: nameColumns(names.list(), own), trials };
}
