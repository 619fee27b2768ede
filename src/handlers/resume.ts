import { type SessionHandler, storeOnly } from "./handler.js";

/** Goes back to a session. */
export const resume: SessionHandler = {
  binding: "resumes",
  derive: storeOnly,
  // A resume is a message with a seq of its own: the last one before it is its predecessor.
  answer: ({ seq }, stratId) => ({ strat_id: stratId, last_seq: seq - 1 }),
};
