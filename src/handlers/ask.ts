import { type SessionHandler, storeOnly } from "./handler.js";

/** Stores an ask; telltale runs no model that could answer it. */
export const ask: SessionHandler = { binding: "keeps", derive: storeOnly, answer: () => undefined };
