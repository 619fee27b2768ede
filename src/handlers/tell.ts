import { DerivationError, deriveTrials } from "../derivation/index.js";
import { type SessionHandler, storeOnly } from "./handler.js";

/** Stores a tell and its trials; one that no trials can be derived from is stored with the reason. */
export const tell: SessionHandler = {
  binding: "keeps",
  derive(request, message, session) {
    const write = storeOnly(request, message, session);
    try {
      return { ...write, trials: deriveTrials(request.message, request.extra_info, session.trialForm) };
    } catch (error) {
      if (error instanceof DerivationError) return { ...write, derivationError: error.message };
      throw error;
    }
  },
  answer: ({ trials }) => ({ trials_recorded: trials, model_data_added: 0 }),
};
