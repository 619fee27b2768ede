/** Reading what a database holds: sessions, messages, trials, strats and rejected messages. Nothing here writes. */
export { type SessionChoice, chooseSessions } from "./choose-sessions.js";
export { type LocatedSession, findMaster, locateSession, readMasters } from "./find-session.js";
export {
  type RejectedReason,
  type UnderivableReason,
  readRejectedReasons,
  readUnderivableReasons,
} from "./losses.js";
export { readMessageTypes } from "./message-types.js";
export { type FramedMessage, type Message, type MessageFilter, streamMessages } from "./messages.js";
export { type Rejection, streamRejections } from "./rejections.js";
export { type SessionFilter, toSessionFilter } from "./session-filter.js";
export { type SessionTiming, readSessionTiming } from "./session-timing.js";
export {
  type SessionDetails,
  type SessionOverview,
  findSession,
  readSession,
  streamSessions,
} from "./sessions.js";
export { type StratEntry, decodeStrat, findStrat, readStrat, streamStrats } from "./strats.js";
export { writeChunks } from "./text-chunks.js";
export { readTimeBound } from "./time-bound.js";
export { type ReadControl, TimeSlice, inTimeSlices } from "./time-slice.js";
export {
  type TrialColumn,
  type TrialColumns,
  nameColumns,
  readTrialColumns,
} from "./trials/trial-columns.js";
export { type Trial, streamTrials } from "./trials/trials.js";
export { formatCell, trialHeadings, widenTrial } from "./trials/wide-trial.js";
