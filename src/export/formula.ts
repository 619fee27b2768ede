/** How a text begins that a spreadsheet would run as a formula, by OWASP's list; with the full-width forms. */
const start = /^[=+\-@\t\r＝＋－＠]/;

/** A number, with either decimal mark, or a sign alone: no spreadsheet takes these for a formula. */
const harmless = /^(?:[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?|[=+\-@＝＋－＠])$/;

/** Puts a `'` in front of a text that a spreadsheet would run as a formula. */
export function escapeFormula(text: string): string {
  return start.test(text) && !harmless.test(text) ? `'${text}` : text;
}
