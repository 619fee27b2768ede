import { DerivationError, deriveTrials } from "../derivation/index.js";
import type { SessionHandler } from "./handler.js";
import { writeMessage } from "./store-only.js";

/** Stores a tell and its trials, or the reason why no trials can be derived from it. */
export const tell: SessionHandler = {
  binding: "keeps",
  derive(request, message, session) {
    const write = writeMessage(request, message, session);
    try {
      const { message: told, extra_info: extraInfo, batch } = request;
      return { ...write, trials: deriveTrials(told, extraInfo, session.trialForm, batch) };
    } catch (error) {
      if (error instanceof DerivationError) return { ...write, derivationError: error.message };
      throw error;
    }
  },
  answer: ({ trials }) => ({ trials_recorded: trials, model_data_added: 0 }),
};
