import { type SessionHandler, storeOnly } from "./handler.js";

/** Ends the connection's part in its session; answers as AEPsych does. */
export const exit: SessionHandler = {
  binding: "ends",
  derive: storeOnly,
  answer: () => ({ termination_type: "Normal termination", success: true }),
};
