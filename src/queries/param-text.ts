const decimal = /^-?(?:\d+(?:\.\d+)?(?:e[+-]\d+)?|Infinity)$|^NaN$/;

/**
 * The value of a param_value: a number or boolean if the text is exactly how derivation writes one, else the text itself. The
 * text "1" and the number 1 look the same here; only the message tells them apart.
 */
export function readParamText(text: string | null): number | boolean | string | null {
  if (text === "true" || text === "false") return text === "true";
  if (text === null || !decimal.test(text)) return text;
  const value = Number(text);
  return String(value) === text || text === "-0" ? value : text;
}
