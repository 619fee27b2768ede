import type { EntityManager } from "typeorm";
import { DatabaseError, type ReadOnlyStore, columnText, placeholder, query } from "../database/index.js";
import { readTimeBound, timestampAs } from "./time-bound.js";

/** Selects sessions that meet every given condition. */
export interface SessionFilter {
  /** The experiment_id or the experiment_name; `id:…` and `name:…` say which of the two the rest is. */
  readonly experiment?: string;
  /** The participant_id. */
  readonly participant?: string;
  /** The experiment_name. */
  readonly name?: string;
  /** Started at this time or later; see {@link readTimeBound}. */
  readonly from?: string;
  /** Started at this time or earlier. */
  readonly to?: string;
}

/** The conditions that are given. */
export function toSessionFilter(
  given: Readonly<Partial<Record<keyof SessionFilter, string | undefined>>>,
): SessionFilter {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** A condition in SQL, and the value that follows it. */
export type Condition = readonly [condition: string, value: string];

/**
 * The conditions of a filter, on `master` and on its `first_message`.
 *
 * @throws DatabaseError `bad_argument` for an invalid time, `ambiguous_experiment` for an experiment that is the id of some sessions
 *   and the name of others, `unavailable` when the database cannot be read now.
 */
export async function readConditions(
  store: ReadOnlyStore,
  { experiment, participant, name, from, to }: SessionFilter,
): Promise<Condition[]> {
  const startedAt = timestampAs("first_message.timestamp");
  const conditions: Condition[] = [];
  if (participant !== undefined) conditions.push(["participant_id =", participant]);
  if (name !== undefined) conditions.push(["experiment_name =", name]);
  if (from !== undefined) conditions.push([`${startedAt} >=`, readTimeBound(from, "from")]);
  if (to !== undefined) conditions.push([`${startedAt} <=`, readTimeBound(to, "to")]);
  if (experiment !== undefined) {
    const [, kind, rest] = /^(id|name):(.*)$/s.exec(experiment) ?? [];
    const column = kind ?? (await store.readScope((manager) => chooseReading(manager, experiment)));
    conditions.push([`experiment_${column} =`, rest ?? experiment]);
  }
  return conditions;
}

/** Whether an experiment is named by its id or its name; by either where both select the same sessions. */
async function chooseReading(manager: EntityManager, experiment: string): Promise<"id" | "name"> {
  const place = (index: number) => placeholder(manager, index);
  const value = columnText(experiment);
  const [found] = await query<{ ids: number | string; names: number | string; both: number | string }>(
    manager,
    `select count(case when experiment_id = ${place(0)} then 1 end) as ids,
       count(case when experiment_name = ${place(1)} then 1 end) as names,
       count(case when experiment_id = ${place(2)} and experiment_name = ${place(3)} then 1 end) as both
     from master`,
    [value, value, value, value],
  );
  const [ids, names, both] = [Number(found?.ids), Number(found?.names), Number(found?.both)];
  if (ids === 0) return "name";
  if (names === 0 || (ids === both && names === both)) return "id";
  throw new DatabaseError(
    "ambiguous_experiment",
    `${experiment} is the experiment_id of some sessions (id:${experiment}) and the experiment_name of others (name:${experiment}); write the one you mean as in parentheses.`,
  );
}
