// Must match in linear time: a text may have millions of digits.
const decimal = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

/**
 * The double nearest to the number that a text spells in decimal digits (`0.5`, `0412`, `-1e-05`); null for any other text, and for
 * a number too large for a double. One rule for every column of numbers, so that all engines and readers see the same value.
 * Negative zero is 0, which is what SQLite stores.
 */
export function readDecimal(text: string | null): number | null {
  if (text === null || !decimal.test(text)) return null;
  const number = Number(text);
  return Number.isFinite(number) ? number + 0 : null;
}
