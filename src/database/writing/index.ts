/** Writing: the queue of writes, and the transaction that commits a batch of them. */
export { describeDeleted, findDeleted } from "./deleted-sessions.js";
export { type NewTrials, TrialInserter, countCharacters, insertCells } from "./insert-trials.js";
export { type LockedSession, lockSession } from "./lock-session.js";
export { redactError } from "./redact-error.js";
export type { Settlement } from "./settlement.js";
export { type CommittedBatch, WriteQueue, type WriteQueueEvents } from "./write-queue.js";
