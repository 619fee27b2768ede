import { Timestamp, type Value, formatJson, toStorableJson } from "../protocol/index.js";

/**
 * Converts a value to text for a text column: a string unchanged, a number as the shortest decimal that reads back to it (−0 as
 * "-0"), a boolean as "true" or "false", null as NULL, a timestamp as ISO 8601, anything else as JSON
 * with U+FFFD for U+0000 and lone surrogates.
 */
export function toText(value: Value): string | null {
  if (value === null || typeof value === "string") return value;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value === "bigint" || typeof value === "boolean") return String(value);
  return value instanceof Timestamp ? value.toISOString() : toStorableJson(formatJson(value));
}
