import { type ReadOnlyStore, query } from "../database/index.js";
import type { SessionOverview } from "../queries/index.js";
import { Labels } from "./labels.js";

/** Where a session stands in a BIDS dataset. */
export interface BidsPlace {
  readonly session: SessionOverview;
  /** The participant's label, without `sub-`. */
  readonly subject: string;
  /** What the name of the task is: the experiment's. */
  readonly taskName: string;
  /** The folder of its files and what their names begin with: `sub-01/beh/sub-01_task-contrast_run-02`. */
  readonly stem: string;
}

/** A participant of a BIDS dataset. */
export interface BidsParticipant {
  readonly label: string;
  /** What the participant is called in the database; null where nobody said. */
  readonly id: string | null;
}

/** What the task of an experiment without a name is called. */
const unnamedTask = "unnamed";

/**
 * Gives each session its place: `sub` is its participant, `task` its experiment's name, and `run` counts the sessions that a participant
 * has of one task, in the order in which they were begun, where there is more than one.
 *
 * Labels are given out in the order in which the participants and experiments appear in the database, whichever of them are
 * exported: the next export says the same. Sessions without a participant may be of several, and so each is one of its own.
 */
export async function layOutSessions(
  database: ReadOnlyStore,
  sessions: readonly SessionOverview[],
): Promise<{ places: BidsPlace[]; participants: BidsParticipant[] }> {
  const subjects = new Labels(await readNames(database, "participant_id"));
  const tasks = new Labels(await readNames(database, "experiment_name"));
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

/** The different names in a column of master, in the order of their first session. */
async function readNames(
  database: ReadOnlyStore,
  column: "participant_id" | "experiment_name",
): Promise<string[]> {
  const rows = await database.readScope((manager) =>
    query<{ name: string }>(
      manager,
      `select ${column} as name, min(unique_id) as first from master
       where ${column} is not null and ${column} <> '' group by ${column} order by first`,
    ),
  );
  return rows.map(({ name }) => name);
}
