import type { ReadOnlyStore } from "../database/index.js";
import {
  type ReadControl,
  type SessionOverview,
  streamMessages,
  streamTrials,
  writeChunks,
} from "../queries/index.js";
import { type Value, formatJsonInParts } from "../protocol/index.js";

/**
 * The trials of sessions, one JSON object per line; `withMetadata` adds the experiment's description and the session's metadata.
 *
 * @throws the reason of the control's signal; DatabaseError `unavailable` when the database cannot be read now.
 */
export function streamTrialLines(
  store: ReadOnlyStore,
  sessions: readonly SessionOverview[],
  { withMetadata = false, ...control }: ReadControl & { readonly withMetadata?: boolean } = {},
): AsyncGenerator<string, undefined, undefined> {
  return writeChunks(store, trialLines(store, sessions, withMetadata), writeMembers, control);
}

/** The messages of sessions, one JSON object per line, each with its request as received; throws as {@link streamTrialLines}. */
export function streamMessageLines(
  store: ReadOnlyStore,
  sessions: readonly SessionOverview[],
  control?: ReadControl,
): AsyncGenerator<string, undefined, undefined> {
  return writeChunks(store, messageLines(store, sessions), writeMembers, control);
}

async function* trialLines(
  store: ReadOnlyStore,
  sessions: readonly SessionOverview[],
  withMetadata: boolean,
): AsyncGenerator<[string, Value][]> {
  for (const { session_id, unique_id, experiment_name, experiment_id, participant_id, ...more } of sessions) {
    const { experiment_description, extra_metadata } = more;
    const metadata: [string, Value][] = [
      ["experiment_description", experiment_description],
      ["extra_metadata", extra_metadata],
    ];
    for await (const trial of streamTrials(store, unique_id)) {
      yield [
        ["session_id", session_id],
        ["experiment_name", experiment_name],
        ["experiment_id", experiment_id],
        ["participant_id", participant_id],
        ["trial", trial.trial],
        ["seq", trial.seq],
        ["timestamp", trial.timestamp],
        ["occurred_at", trial.occurred_at],
        ["clock_uncertainty_ms", trial.clock_uncertainty_ms],
        ["model_data", trial.model_data],
        ["parameters", trial.parameters as Map<string, Value>],
        ["outcomes", trial.outcomes as Map<string, Value>],
        ["extra_data", trial.extra_data],
        ...(withMetadata ? metadata : []),
      ];
    }
  }
}

async function* messageLines(
  store: ReadOnlyStore,
  sessions: readonly SessionOverview[],
): AsyncGenerator<[string, Value][]> {
  for (const { session_id, unique_id } of sessions) {
    for await (const message of streamMessages(store, unique_id)) {
      const { seq, timestamp, type, id, request } = message;
      yield [
        ["session_id", session_id],
        ["seq", seq],
        ["timestamp", timestamp],
        ["occurred_at", message.occurred_at],
        ["clock_uncertainty_ms", message.clock_uncertainty_ms],
        ["type", type],
        ["id", id],
        ["request", request],
      ];
    }
  }
}

function writeMembers(members: [string, Value][]): Iterable<string> {
  return formatJsonInParts(new Map(members));
}
