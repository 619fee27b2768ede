import type { SessionHandler } from "./handler.js";
import { writeMessage } from "./store-only.js";

/** Ends the current session of the connection, not the session itself; answers as AEPsych does. */
export const exit: SessionHandler = {
  binding: "ends",
  derive: writeMessage,
  answer: () => ({ termination_type: "Normal termination", success: true }),
};
