import { Timestamp, type Value, type ValueMap } from "../value.js";

/**
 * Writes a value as plain JSON text that `parseJson` reads back to the same value: NaN and ±Infinity as Python writes them,
 * integers of any size, lone surrogates escaped.
 *
 * @returns undefined if the value contains bytes or a timestamp, which JSON lacks.
 */
export function writeJson(value: Value): string | undefined {
  if (value === null) return "null";
  if (typeof value === "string" || typeof value === "boolean") return JSON.stringify(value);
  if (typeof value === "number") return Number.isFinite(value) ? formatDouble(value) : String(value);
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return writeList(value);
  if (value instanceof Uint8Array || value instanceof Timestamp) return undefined;
  return writeMap(value);
}

function writeList(list: readonly Value[]): string | undefined {
  let text = "[";
  for (const item of list) {
    const written = writeJson(item);
    if (written === undefined) return undefined;
    text += text === "[" ? written : `,${written}`;
  }
  return `${text}]`;
}

function writeMap(map: ValueMap): string | undefined {
  let text = "{";
  for (const [key, item] of map) {
    const written = writeJson(item);
    if (written === undefined) return undefined;
    text += `${text === "{" ? "" : ","}${JSON.stringify(key)}:${written}`;
  }
  return `${text}}`;
}

/** Writes a finite double as a JSON number that reads back to the same double. */
export function formatDouble(value: number): string {
  // Python reads -0 as the integer 0.
  if (Object.is(value, -0)) return "-0.0";
  const text = JSON.stringify(value);
  // A large double whose shortest decimal has no point would be read back as an integer of another value.
  return Number.isSafeInteger(value) || /[.e]/.test(text) ? text : `${text}.0`;
}
