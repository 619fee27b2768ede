const decimal = /^-?(?:\d+(?:\.\d+)?(?:e[+-]\d+)?|Infinity)$|^NaN$/;

/** How Python writes a number that is not too large an integer for a double. */
const python = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]\d{2,3})?$/;

const pythonWords: ReadonlyMap<string, number | boolean> = new Map<string, number | boolean>([
  ["True", true],
  ["False", false],
  ["nan", NaN],
  ["inf", Infinity],
  ["-inf", -Infinity],
]);

/**
 * The value of a param_value: a number or boolean if the text is exactly how it was written as text, else the text itself. The
 * text "1" and the number 1 look the same here; only the message tells them apart.
 *
 * @param isOfAepsych whether AEPsych wrote the text, as Python writes numbers: `1.0`, `-1e-05`, `True`.
 */
export function readParamText(text: string | null, isOfAepsych = false): number | boolean | string | null {
  if (text === "true" || text === "false") return text === "true";
  if (text === null) return text;
  if (isOfAepsych) {
    const word = pythonWords.get(text);
    if (word !== undefined) return word;
    const value = python.test(text) ? Number(text) : NaN;
    // Beyond 2^53 digits would change.
    if (Number.isFinite(value) && (!/^-?\d+$/.test(text) || Number.isSafeInteger(value))) return value;
  }
  if (!decimal.test(text)) return text;
  const value = Number(text);
  return String(value) === text || text === "-0" ? value : text;
}
