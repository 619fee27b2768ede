import type { Value } from "../../../src/protocol/index.js";

/** The result of JSON.parse as a value: objects become maps. */
export function fromPlain(plain: unknown): Value {
  if (Array.isArray(plain)) return plain.map(fromPlain);
  if (typeof plain !== "object" || plain === null) return plain as Value;
  return new Map(Object.entries(plain).map(([key, item]) => [key, fromPlain(item)]));
}
