import { type ReadOnlyStore, query } from "../database/index.js";
import type { SessionOverview } from "../queries/index.js";
import { Labels } from "./labels.js";

/** The place of a session in a BIDS dataset. */
export interface BidsPlace {
  readonly session: SessionOverview;
  /** The participant's label, without `sub-`. */
  readonly subject: string;
  /** The task's name: that of the experiment. */
  readonly taskName: string;
  /** The path of its files without their suffix: `sub-01/beh/sub-01_task-contrast_run-02`. */
  readonly stem: string;
}

/** A participant of a BIDS dataset. */
export interface BidsParticipant {
  readonly label: string;
  /** The participant_id in the database; null if unknown. */
  readonly id: string | null;
}

/** The task name of an experiment without a name. */
const unnamedTask = "unnamed";

/**
 * Gives each session its place: `sub` is the participant, `task` the experiment's name, and `run` the number of the session among
 * those of the participant with the same task, if there are several.
 *
 * Labels are assigned in the order in which participants and experiments appear in the database, whether exported or not, so that
 * the next export assigns the same ones. Sessions without a participant may come from different people: each counts as its own.
 */
export async function layOutSessions(
  store: ReadOnlyStore,
  sessions: readonly SessionOverview[],
): Promise<{ places: BidsPlace[]; participants: BidsParticipant[] }> {
  const subjects = new Labels(await readNames(store, "participant_id"));
  const tasks = new Labels(await readNames(store, "experiment_name"));
  const participants = new Map<string, string | null>();
  const placed = sessions.map((session) => {
    const { participant_id: id, session_id, experiment_name } = session;
    const isNamed = id !== null && id !== "";
    const subject = subjects.get(isNamed ? id : `unknown ${session_id}`);
    participants.set(subject, isNamed ? id : null);
    const taskName = experiment_name === null || experiment_name === "" ? unnamedTask : experiment_name;
    return { session, subject, taskName, task: tasks.get(taskName) };
  });
  const counts = new Map<string, number>();
  for (const { subject, task } of placed) increase(counts, `${subject} ${task}`);
  const runs = new Map<string, number>();
  const places = placed.map(({ session, subject, taskName, task }) => {
    const key = `${subject} ${task}`;
    const run = increase(runs, key);
    const count = counts.get(key) ?? 1;
    const digits = Math.max(2, String(count).length);
    const ofRun = count > 1 ? `_run-${String(run).padStart(digits, "0")}` : "";
    return { session, subject, taskName, stem: `sub-${subject}/beh/sub-${subject}_task-${task}${ofRun}` };
  });
  return { places, participants: Array.from(participants, ([label, id]) => ({ label, id })) };
}

function increase(counts: Map<string, number>, key: string): number {
  const count = (counts.get(key) ?? 0) + 1;
  counts.set(key, count);
  return count;
}

/** The distinct names in a column of master, in the order of their first session. */
async function readNames(
  store: ReadOnlyStore,
  column: "participant_id" | "experiment_name",
): Promise<string[]> {
  const rows = await store.readScope((manager) =>
    query<{ name: string }>(
      manager,
      `select ${column} as name, min(unique_id) as first from master
       where ${column} is not null and ${column} <> '' group by ${column} order by first`,
    ),
  );
  return rows.map(({ name }) => name);
}
