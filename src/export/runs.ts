import { type ReadOnlyStore, query } from "../database/index.js";

/** The task of an experiment: its name, or `unnamed` without one. */
export function taskNameOf(experimentName: string | null): string {
  return experimentName === null || experimentName === "" ? "unnamed" : experimentName;
}

interface RunRow {
  readonly unique_id: number;
  readonly participant_id: string | null;
  readonly experiment_name: string | null;
  readonly timestamp: string | null;
}

/**
 * Numbers the sessions of each participant with the same experiment that have trials: 1, 2, 3 … in the order of their first messages.
 * A session without a participant is the first run of its own.
 *
 * @returns the numbers by unique_id in master.
 * @throws DatabaseError `unavailable` when the database cannot be read now.
 */
export async function numberRuns(store: ReadOnlyStore): Promise<ReadonlyMap<number, number>> {
  const rows = await store.readScope((manager) =>
    query<RunRow>(
      manager,
      `select master.unique_id, participant_id, experiment_name, timestamp from master
       left join replay_data on replay_data.master_table_id = master.unique_id and seq = 1
       where exists (select 1 from raw_data where raw_data.master_table_id = master.unique_id)
       order by master.unique_id`,
    ),
  );
  const begun = new Map(rows.map(({ unique_id, timestamp }) => [unique_id, toMilliseconds(timestamp)]));
  const timeOf = ({ unique_id }: RunRow) => begun.get(unique_id) ?? Infinity;
  // Infinity minus itself is NaN, which leaves the order of unique_id as it is.
  const inOrder = rows.toSorted(
    (one, other) => timeOf(one) - timeOf(other) || one.unique_id - other.unique_id,
  );
  const counts = new Map<string, number>();
  const runs = new Map<number, number>();
  for (const { unique_id, participant_id, experiment_name } of inOrder) {
    const isNamed = participant_id !== null && participant_id !== "";
    const key = JSON.stringify([isNamed ? participant_id : unique_id, taskNameOf(experiment_name)]);
    const run = (counts.get(key) ?? 0) + 1;
    counts.set(key, run);
    runs.set(unique_id, run);
  }
  return runs;
}

/** Milliseconds since 1970; a time of AEPsych has no zone and counts as UTC; Infinity for no time. */
function toMilliseconds(timestamp: string | null): number {
  const text = timestamp?.replace(" ", "T") ?? "";
  const ms = Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`);
  return Number.isNaN(ms) ? Infinity : ms;
}
