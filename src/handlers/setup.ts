import { deriveSetup } from "../derivation/index.js";
import { ProtocolError, type Request, isMap } from "../protocol/index.js";
import type { SetupHandler } from "./handler.js";

/** The most outcome_names of a config: a session's names stay in memory while it is used. */
const maximumOutcomeNames = 10_000;

/** Begins a session. */
export const setup: SetupHandler = {
  binding: "begins",
  derive(request, message, current, makeId) {
    const fields = deriveSetup(request.message, request.metadata);
    if (fields.trialForm.outcomeNames.length > maximumOutcomeNames) {
      throw new ProtocolError(
        "too_costly",
        `The config has more than ${maximumOutcomeNames} outcome_names; name only the outcomes of one trial.`,
      );
    }
    const session = {
      id: request.session ?? makeId(),
      experimentId:
        fields.experimentId ?? readDefault(request, "experiment_id") ?? current?.experimentId ?? makeId(),
      participantId: fields.participantId ?? readDefault(request, "participant_id") ?? makeId(),
      trialForm: fields.trialForm,
      fields,
    };
    return { kind: "session", message, session };
  },
  answer: (_stored, stratId, warnings = []) => ({
    strat_id: stratId,
    ...(warnings.length > 0 ? { warnings: [...warnings] } : {}),
  }),
};

/** Reads the id for a setup that names none: a copy of a session keeps the ids that were made for the original. */
function readDefault({ defaults }: Request, name: string): string | null {
  const id = isMap(defaults) ? defaults.get(name) : null;
  return typeof id === "string" ? id : null;
}
