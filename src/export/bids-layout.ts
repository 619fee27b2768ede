import { DatabaseError, type ReadOnlyStore, query } from "../database/index.js";
import type { SessionOverview } from "../queries/index.js";
import { Labels } from "./labels.js";
import { numberRuns, taskNameOf } from "./runs.js";

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
  /** Their sessions in the dataset. */
  readonly sessions: readonly SessionOverview[];
}

/**
 * Gives each session with trials its place: `sub` is the participant, `task` the experiment's name, and `run` the number of the session
 * among those of the participant with the same task that have trials, in the order of time.
 *
 * Labels are assigned in the order in which participants and experiments appear in the database, and runs are counted over the whole
 * database, so that the next export assigns the same ones, whichever sessions it has. Sessions without a participant may come from
 * different people: each counts as its own.
 *
 * @throws DatabaseError `bad_argument` if no session has trials, `unavailable`.
 */
export async function layOutSessions(
  store: ReadOnlyStore,
  sessions: readonly SessionOverview[],
): Promise<{ places: BidsPlace[]; participants: BidsParticipant[] }> {
  requireTrials(sessions);
  const subjects = new Labels(await readNames(store, "participant_id"));
  const tasks = new Labels(await readNames(store, "experiment_name"));
  const runs = await numberRuns(store);
  const participants = new Map<string, { id: string | null; sessions: SessionOverview[] }>();
  const places = sessions.filter(hasTrials).map((session): BidsPlace => {
    const { participant_id: id, session_id, unique_id, experiment_name } = session;
    const isNamed = id !== null && id !== "";
    const subject = subjects.get(isNamed ? id : `unknown ${session_id}`);
    const known = participants.get(subject);
    if (known === undefined) participants.set(subject, { id: isNamed ? id : null, sessions: [session] });
    else known.sessions.push(session);
    const taskName = taskNameOf(experiment_name);
    const run = String(runs.get(unique_id) ?? 1).padStart(2, "0");
    const stem = `sub-${subject}/beh/sub-${subject}_task-${tasks.get(taskName)}_run-${run}`;
    return { session, subject, taskName, stem };
  });
  return { places, participants: Array.from(participants, ([label, rest]) => ({ label, ...rest })) };
}

/**
 * Checks that a BIDS dataset would hold something.
 *
 * @throws DatabaseError `bad_argument` if no session has trials.
 */
export function requireTrials(sessions: readonly SessionOverview[]): void {
  if (sessions.some(hasTrials)) return;
  throw new DatabaseError(
    "bad_argument",
    "No session has trials; a BIDS dataset needs at least one that has.",
  );
}

function hasTrials({ trials }: SessionOverview): boolean {
  return trials > 0;
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
