import { deriveSetup } from "../derivation/index.js";
import type { SetupHandler } from "./handler.js";

/** Begins a session. */
export const setup: SetupHandler = {
  binding: "begins",
  derive(request, message, current, makeId) {
    const fields = deriveSetup(request.message, request.metadata);
    const session = {
      id: request.session ?? makeId(),
      experimentId: fields.experimentId ?? current?.experimentId ?? makeId(),
      participantId: fields.participantId ?? makeId(),
      trialForm: fields.trialForm,
      fields,
    };
    return { kind: "session", message, session };
  },
  answer: (_stored, stratId) => ({ strat_id: stratId }),
};
