import type { Settlement } from "../../../src/database/index.js";
import type { StoredMessage } from "../../../src/derivation/index.js";

/** The stored message of a settlement; throws if the write was rejected. */
export function storedOf(settlement: Settlement): StoredMessage {
  if (settlement.kind !== "stored") throw new Error(settlement.reason);
  return settlement.message;
}
