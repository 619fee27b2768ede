import { type MessageType, messageTypes } from "../protocol/index.js";
import { ask } from "./ask.js";
import { exit } from "./exit.js";
import type { Handler } from "./handler.js";
import { other } from "./other.js";
import { resume } from "./resume.js";
import { setup } from "./setup.js";
import { strat } from "./strat.js";
import { tell } from "./tell.js";

const handlers: Readonly<Record<MessageType, Handler>> = { setup, ask, tell, strat, resume, exit };

/** The handler of a message type; every type has one. */
export function handlerOf(type: string): Handler {
  const known = messageTypes.find((name) => name === type);
  return known === undefined ? other : handlers[known];
}

export { type Arrival, receiveMessage } from "./receive.js";
export type { Handler, SessionHandler, SetupHandler } from "./handler.js";
export { SetupError } from "../derivation/index.js";
