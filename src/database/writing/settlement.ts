import type { ErrorCode } from "../../protocol/index.js";
import type { StoredMessage } from "../../derivation/index.js";

/** What became of a write, known after the commit. */
export type Settlement = Stored | Rejected;

/** The message is in replay_data, from now or from an earlier submit. */
export interface Stored {
  readonly kind: "stored";
  readonly message: StoredMessage;
}

/** The frame is in rejected_data. */
export interface Rejected {
  readonly kind: "rejected";
  readonly code: ErrorCode;
  /** One sentence for the client. */
  readonly reason: string;
}
