import { type SessionHandler, storeOnly } from "./handler.js";

/** Stores a message of any other type (query, info, can_model, or the client's own). */
export const other: SessionHandler = { binding: "keeps", derive: storeOnly, answer: () => undefined };
