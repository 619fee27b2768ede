/** A pickle that cannot be read as plain data; `message` says why, to stand behind a colon: "it holds a set". */
export class PickleError extends Error {
  override readonly name = "PickleError";
  readonly code = "unreadable_pickle";
}
