import { TelltaleError } from "../common/index.js";

/** Why a session cannot be replayed, or not to the end; `message` is a sentence for the user. */
export class ReplayError extends TelltaleError<"malformed" | "invalid" | "unreachable" | "refused"> {
  override readonly name = "ReplayError";
}
