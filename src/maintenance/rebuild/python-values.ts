import type { Outcome } from "../../derivation/index.js";
import { equalNumbers } from "./equal-numbers.js";

/** Python's `str` of the values that telltale writes differently; SQLite writes infinities as `Inf`. */
const textsOf = new Map<string, readonly string[]>([
  ["true", ["True"]],
  ["false", ["False"]],
  ["NaN", ["nan"]],
  ["Infinity", ["inf", "Inf"]],
  ["-Infinity", ["-inf", "-Inf"]],
]);

/** `float(value)` of booleans, which an update of AEPsych writes. */
const floatsOf = new Map([
  ["true", "1"],
  ["false", "0"],
]);

/** `str` of a tensor of one number, which torch prints with four decimals. */
const tensor = /^tensor\(\[?(-?[0-9]+(?:\.([0-9]*))?(?:[eE][+-]?[0-9]+)?)\]?(?:, dtype=[a-z0-9.]+)?\)$/;

/** The brackets of a list, and what is between them. */
const tokens = /[[\]]|[^[\],\s][^[\],]*/g;

/**
 * Whether AEPsych may have written this text for a value of a tell. A server writes Python's `str` of the value; an update writes
 * `float` of it, which SQLite turns into text of 15 digits, and NULL for NaN.
 *
 * @param value the value as text, a list as JSON.
 */
export function isTextOfAepsych(stored: string | null, value: string | null): boolean {
  if (stored === null) return value === null || value === "NaN";
  if (value === null) return stored === "None";
  if (isScalarText(stored, value)) return true;
  if (!stored.startsWith("[") || !value.startsWith("[")) return false;
  const [found, wanted] = [stored.match(tokens) ?? [], value.match(tokens) ?? []];
  return (
    found.length === wanted.length &&
    found.every((token, index) => isScalarText(unquote(token), unquote(wanted[index] ?? "")))
  );
}

function isScalarText(stored: string, value: string): boolean {
  if (stored === value || (textsOf.get(value)?.includes(stored) ?? false)) return true;
  if (value === "null" && stored === "None") return true;
  if (equalNumbers(stored, floatsOf.get(value) ?? value, 15)) return true;
  const [, number = "", decimals = ""] = tensor.exec(stored) ?? [];
  return number !== "" && Math.abs(Number(number) - Number(value)) <= 0.5 * 10 ** -decimals.length;
}

function unquote(token: string): string {
  return token.trim().replace(/^(['"])(.*)\1$/s, "$2");
}

/** Whether AEPsych may have written this outcome for one of a tell: it keeps only the number. */
export function isOutcomeOfAepsych(
  stored: Pick<Outcome, "value" | "text">,
  { value, text }: Pick<Outcome, "value" | "text">,
): boolean {
  // Not Object.is: SQLite stores −0 as 0.
  return stored.value === value && (stored.text === text || (stored.text === null && value !== null));
}
