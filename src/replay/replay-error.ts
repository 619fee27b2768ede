/** Why a session cannot be played, or not to its end; `message` is one sentence for the user. */
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
