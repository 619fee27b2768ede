/** Every error code, with its meaning; the schema quotes these sentences. */
const meanings = {
  malformed: "The frame is not valid JSON (text frame) or MessagePack (binary frame).",
  invalid: "The frame was decoded, but does not have the form of a message.",
  no_session: "The message names no session, and the connection has no current one.",
  unknown_session: "The session that the message names does not exist.",
  deleted: "The session that the message names was deleted; its messages are no longer accepted.",
  bad_setup: "The setup cannot be read; no session was begun.",
  underivable: "The tell was stored, but no trials could be derived from it.",
  conflict: "The id was used before in this session, with other content.",
  too_costly: "Reading or storing the message would take too much memory or time; split it.",
  unavailable: "The database could not be written; the connection is closed.",
  internal: "telltale failed on this message; its log says more.",
} as const;

/** Why a message failed. */
export type ErrorCode = keyof typeof meanings;

/** All error codes. */
export const errorCodes = Object.keys(meanings) as ErrorCode[];

/** The codes after which sending the same message again can help. */
const retryable: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["unavailable"]);

/** What an error code means, in one sentence. */
export function describeErrorCode(code: ErrorCode): string {
  return meanings[code];
}

/** Whether sending the same message again can help after this error. */
export function isRetryable(code: ErrorCode): boolean {
  return retryable.has(code);
}

/** The sentence that a client gets with an `internal` error. */
export const internalSentence =
  "telltale failed on this message and kept it in rejected_data; its log says more.";
