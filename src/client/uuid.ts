import { formatUuid } from "../protocol/index.js";

/** A random UUID (version 4). `crypto.randomUUID` does not exist in pages served over plain HTTP. */
export function makeUuid(): string {
  return formatUuid(crypto.getRandomValues(new Uint8Array(16)), 4);
}
