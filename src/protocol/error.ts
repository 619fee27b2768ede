import type { ErrorCode } from "./error-code.js";

/** A message that telltale refuses; `message` is one sentence for the user. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";

  constructor(
    readonly code: ErrorCode,
    sentence: string,
  ) {
    super(sentence);
  }
}

/** A value that cannot be encoded exactly; `message` gives the reason as a clause, to follow a colon. */
export class EncodingError extends Error {
  override readonly name = "EncodingError";
  readonly code = "unencodable";
}
