import type { AnnouncedNames } from "../../derivation/index.js";
import type { ReadOnlyStore } from "../../database/index.js";
import { isMap } from "../../protocol/index.js";
import { readNamesOfConfig } from "../session-config.js";
import { type ReadControl, inTimeSlices } from "../time-slice.js";
import { type Trial, streamTrials } from "./trials.js";

/** The kind of value in a column of a wide trial. */
export type TrialColumnKind = "parameter" | "outcome" | "extra_data";

/** A column of wide trials for a parameter, an outcome or extra data. */
export interface TrialColumn {
  /** Its heading: the name, unless that is taken; see {@link nameColumns}. */
  readonly heading: string;
  readonly kind: TrialColumnKind;
  /** The name of the parameter, outcome or key of extra_data; null for extra_data as a whole, if it is not a map. */
  readonly name: string | null;
}

/** All columns of the trials of several sessions. */
export interface TrialColumns {
  /**
   * Parameters, then outcomes, then extra data: first those that the sessions' configs name, in their order and whether or not a trial
   * has them, then each in order of first appearance.
   */
  readonly columns: readonly TrialColumn[];
  /** How many trials each session had, by its unique_id in master. Later trials may have names without a column. */
  readonly trials: ReadonlyMap<number, number>;
}

/** Collects the names in configs and trials, in order of first appearance. */
export class TrialNames {
  readonly #names = {
    parameter: new Set<string | null>(),
    outcome: new Set<string | null>(),
    extra_data: new Set<string | null>(),
  } satisfies Record<TrialColumnKind, Set<string | null>>;

  /** Adds the names that a config gives. */
  announce({ parameters, outcomes }: AnnouncedNames): void {
    for (const name of parameters) this.#names.parameter.add(name);
    for (const name of outcomes) this.#names.outcome.add(name);
  }

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
 * Gives each column a unique heading, ignoring case. The heading is the name. If it is taken, by `own` or an earlier column, the
 * kind is put in front (`parameter_trial`, `outcome_x`, `extra_data_rt`), and if that is taken too, a number is added
 * (`parameter_x_2`). An empty name gets its kind as heading.
 *
 * @param own the headings of the columns that every row has.
 */
export function nameColumns<Column extends { readonly kind: string; readonly name: string | null }>(
  columns: readonly Column[],
  own: readonly string[],
): (Column & { readonly heading: string })[] {
  const taken = new Set(own.map((heading) => heading.toLowerCase()));
  return columns.map((column) => {
    const { kind, name } = column;
    const isNamed = name !== null && name !== "";
    const withKind = isNamed ? `${kind}_${name}` : kind;
    let heading = isNamed ? name : kind;
    for (let n = 1; taken.has(heading.toLowerCase()); n += 1)
      heading = n === 1 ? withKind : `${withKind}_${n}`;
    taken.add(heading.toLowerCase());
    return { ...column, heading };
  });
}

/**
 * Finds all columns of the trials of several sessions by reading their configs, and every trial once, in flat memory.
 *
 * @param masterIds the sessions' unique_ids in master.
 * @param own the headings of the columns that every row has; see {@link nameColumns}.
 * @throws the reason of the control's signal; DatabaseError `unavailable` when the database cannot be read now.
 */
export async function readTrialColumns(
  store: ReadOnlyStore,
  masterIds: readonly number[],
  own: readonly string[],
  control: ReadControl = {},
): Promise<TrialColumns> {
  const names = new TrialNames();
  const trials = new Map<number, number>();
  for (const masterId of masterIds) names.announce(await readNamesOfConfig(store, masterId));
  for (const masterId of masterIds) {
    let count = 0;
    for await (const trial of inTimeSlices(store, streamTrials(store, masterId), control)) {
      names.add(trial);
      count += 1;
    }
    trials.set(masterId, count);
  }
  return { columns: nameColumns(names.list(), own), trials };
}
