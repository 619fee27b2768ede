import type { ReadOnlyStore } from "../database/index.js";
import { type SessionOverview, inTimeSlices, streamMessages, streamTrials } from "../queries/index.js";
import { type Value, formatJson } from "../protocol/index.js";

/** Lines of this many characters are given out together. */
const textTogether = 16 * 1024;

/**
 * The trials of sessions, one JSON object a line.
 *
 * @param onTrial is told of each; what it throws ends the export.
 * @throws DatabaseError `unavailable` when the database cannot be read now.
 */
export function streamTrialLines(
  database: ReadOnlyStore,
  sessions: readonly SessionOverview[],
  onTrial?: () => void,
): AsyncGenerator<string, undefined, undefined> {
  return joinLines(database, trialLines(database, sessions), onTrial);
}

/** The messages of sessions as {@link streamTrialLines} gives their trials: the whole log, each request as it was. */
export function streamMessageLines(
  database: ReadOnlyStore,
  sessions: readonly SessionOverview[],
  onMessage?: () => void,
): AsyncGenerator<string, undefined, undefined> {
  return joinLines(database, messageLines(database, sessions), onMessage);
}

async function* trialLines(
  database: ReadOnlyStore,
  sessions: readonly SessionOverview[],
): AsyncGenerator<[string, Value][]> {
  for (const { session_id, unique_id, experiment_name, experiment_id, participant_id } of sessions) {
    for await (const trial of streamTrials(database, unique_id)) {
      yield [
        ["session_id", session_id],
        ["experiment_name", experiment_name],
        ["experiment_id", experiment_id],
        ["participant_id", participant_id],
        ["trial", trial.trial],
        ["seq", trial.seq],
        ["timestamp", trial.timestamp],
        ["model_data", trial.model_data],
        ["parameters", trial.parameters as Map<string, Value>],
        ["outcomes", trial.outcomes as Map<string, Value>],
        ["extra_data", trial.extra_data],
      ];
    }
  }
}

async function* messageLines(
  database: ReadOnlyStore,
  sessions: readonly SessionOverview[],
): AsyncGenerator<[string, Value][]> {
  for (const { session_id, unique_id } of sessions) {
    for await (const { seq, timestamp, type, id, request } of streamMessages(database, unique_id)) {
      yield [
        ["session_id", session_id],
        ["seq", seq],
        ["timestamp", timestamp],
        ["type", type],
        ["id", id],
        ["request", request],
      ];
    }
  }
}

async function* joinLines(
  database: ReadOnlyStore,
  objects: AsyncGenerator<[string, Value][]>,
  onLine: (() => void) | undefined,
): AsyncGenerator<string, undefined, undefined> {
  let text = "";
  for await (const members of inTimeSlices(database, objects)) {
    text += `${formatJson(new Map(members))}\n`;
    onLine?.();
    if (text.length < textTogether) continue;
    yield text;
    text = "";
  }
  if (text !== "") yield text;
  return undefined;
}
