import type { SessionHandler } from "./handler.js";
import { writeMessage } from "./store-only.js";

/** Makes an earlier session the current one. */
export const resume: SessionHandler = {
  binding: "resumes",
  derive: writeMessage,
  // A resume has a seq of its own: the last message before it has the seq before.
  answer: ({ seq }, stratId) => ({ strat_id: stratId, last_seq: seq - 1 }),
};
