/** Every error code of the protocol, what it means, and whether sending the same message again can help. */
const codes = {
  malformed: { meaning: "The frame is no JSON (text frame) or no MessagePack (binary frame).", retry: false },
  invalid: { meaning: "The frame could be read, but it has not the form of a message.", retry: false },
  no_session: { meaning: "The message belongs to no session, and the connection has none.", retry: false },
  unknown_session: { meaning: "The session that the message names does not exist.", retry: false },
  bad_setup: { meaning: "The setup cannot be read; no session was begun.", retry: false },
  underivable: { meaning: "The tell was stored, but no trials could be derived from it.", retry: false },
  conflict: { meaning: "The id was used before in this session, with other content.", retry: false },
  unavailable: { meaning: "The database could not be written; the connection is closed.", retry: true },
  internal: { meaning: "telltale failed on this message; its log says more.", retry: false },
} as const;

export type ErrorCode = keyof typeof codes;

export const errorCodes = Object.keys(codes) as ErrorCode[];

/** What an error code means, in a sentence. */
export function describeErrorCode(code: ErrorCode): string {
  return codes[code].meaning;
}

/** What a client is told of an `internal` error. */
export const internalSentence = "telltale failed on this message and kept it as rejected; its log says more.";

/** Whether sending the same message again can help after this error. */
export function isRetryable(code: ErrorCode): boolean {
  return codes[code].retry;
}

/** A message that cannot be taken as it is; `message` is one sentence for the user. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";

  constructor(
    readonly code: ErrorCode,
    sentence: string,
  ) {
    super(sentence);
  }
}

/** A value that no frame can say exactly; `message` says why, to stand behind a colon. */
export class EncodingError extends Error {
  override readonly name = "EncodingError";
  readonly code = "unencodable";
}
