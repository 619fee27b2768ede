/**
 * What an error in a transaction or query says.
 *
 * | kind        | meaning                                                                     | connection afterwards |
 * | ----------- | --------------------------------------------------------------------------- | --------------------- |
 * | `content`   | the engine refuses the values of a statement, as a constraint does          | usable                |
 * | `statement` | the statement is wrong: it names a column that does not exist               | not to be trusted     |
 * | `forbidden` | the connection may not run the statement: it writes, and this one only reads | not to be trusted     |
 * | `collision` | another writer was in the way; the transaction was rolled back, retry it    | not to be trusted     |
 * | `failure`   | the driver, the server or the disk failed                                   | not to be trusted     |
 * | `foreign`   | not from the engine: the caller's own code threw it                         | usable                |
 */
export type ErrorKind = "content" | "statement" | "forbidden" | "collision" | "failure" | "foreign";

/** Whether only a new connection can be trusted after an error of this kind. */
export function isConnectionLost(kind: ErrorKind): boolean {
  return kind !== "content" && kind !== "foreign";
}

/** Whether the engine refused a user's statement for what it says, so that its message is for that user. */
export function isStatementError(kind: ErrorKind): boolean {
  return kind === "content" || kind === "statement" || kind === "forbidden";
}
