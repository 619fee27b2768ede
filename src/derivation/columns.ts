import { type Value, readDecimal } from "../protocol/index.js";
import { toText } from "./text.js";
import type { Outcome, Param } from "./trial.js";

/** A value that fits into one cell. */
export type Scalar = null | boolean | number | bigint | string;

/** Whether a value is a scalar. */
export function isScalar(value: Value): value is Scalar {
  return value === null || ["boolean", "number", "bigint", "string"].includes(typeof value);
}

/** Converts a parameter to its columns. */
export function toParam(name: string, value: Value): Param {
  const text = toText(value);
  return { name, value: text, number: readDecimal(text) };
}

/**
 * Converts an outcome to its columns: numbers and decimal text to `value`, no response to null in both, other text to `text`, and so
 * decimal text that the number does not spell (`0412`, twenty digits).
 */
export function toOutcome(name: string, value: Scalar): Outcome {
  if (value === null || Number.isNaN(value)) return { name, value: null, text: null };
  if (typeof value !== "string") return { name, value: Number(value), text: null };
  const number = readDecimal(value);
  return { name, value: number, text: number !== null && toText(number) === value ? null : value };
}
