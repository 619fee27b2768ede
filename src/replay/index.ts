/** Replays: a session's messages again in their own time, for WebSocket clients, the command line and other servers. */
export { ReplayError } from "./replay-error.js";
export { ReplayServer, maximumControlBytes } from "./replay-server.js";
export { Replay, type ReplayOptions } from "./replay.js";
export { describeMessage } from "./replayed-message.js";
export { type SendReport, sendSession } from "./send-session.js";
export { type TimeBasis, timeBases } from "./session-times.js";
export { readSpeed } from "./speed.js";
