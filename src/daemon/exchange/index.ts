/** The way from frame to reply, the same for every door: decode, find the session, handle, write, answer in order. */
export { Conversation, type ConversationServices } from "./conversation.js";
export type { Door } from "./door.js";
export { FlowControl, type FlowLimits, type Pausable } from "./flow-control.js";
export { SteadyClock, type TimeSources } from "./steady-clock.js";
export { SessionDirectory } from "./session-directory.js";
export { Turns } from "./turns.js";
