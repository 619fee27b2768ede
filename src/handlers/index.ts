/** The handlers: one for each message type, each a pure function from a message to what is written and answered. */
import { type MessageType, messageTypes } from "../protocol/index.js";
import { exit } from "./exit.js";
import type { Handler } from "./handler.js";
import { resume } from "./resume.js";
import { setup } from "./setup.js";
import { storeOnly } from "./store-only.js";
import { strat } from "./strat.js";
import { tell } from "./tell.js";

// An ask is only stored: telltale runs no model that could answer it.
const handlers: Readonly<Record<MessageType, Handler>> = { setup, ask: storeOnly, tell, strat, resume, exit };

/** Returns the handler of a message type; types that the protocol does not know are only stored. */
export function handlerOf(type: string): Handler {
  const known = messageTypes.find((name) => name === type);
  return known === undefined ? storeOnly : handlers[known];
}

export { type Arrival, receiveMessage, receiveMessageInSteps } from "./receive.js";
export type { Handler, SessionHandler, SetupHandler } from "./handler.js";
export { type ReceivedMessage, SetupError } from "../derivation/index.js";
