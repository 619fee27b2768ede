import type { SessionHandler } from "./handler.js";
import { writeMessage } from "./store-only.js";

/** Stores a snapshot of the client's strategy. */
export const strat: SessionHandler = {
  binding: "keeps",
  derive: (request, message, session) => ({ ...writeMessage(request, message, session), isStrat: true }),
  answer: () => undefined,
};
