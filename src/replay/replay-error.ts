/** Why a session cannot be replayed, or not to the end; `message` is a sentence for the user. */
export class ReplayError extends Error {
  override readonly name = "ReplayError";

  constructor(
    readonly code: "malformed" | "invalid" | "unreachable" | "refused",
    sentence: string,
    options?: ErrorOptions,
  ) {
    super(sentence, options);
  }
}
