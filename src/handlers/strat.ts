import { type SessionHandler, storeOnly } from "./handler.js";

/** Stores a snapshot of the client's strategy. */
export const strat: SessionHandler = {
  binding: "keeps",
  derive: (request, message, session) => ({ ...storeOnly(request, message, session), isStrat: true }),
  answer: () => undefined,
};
