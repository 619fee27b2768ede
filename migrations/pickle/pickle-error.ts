/** A pickle that cannot be read as plain data; `message` gives the reason as a clause, to follow a colon: "it holds a set". */
export class PickleError extends Error {
  override readonly name = "PickleError";
  readonly code = "unreadable_pickle";
}
