const decimal = /^-?(?:\d+(?:\.\d+)?(?:e[+-]\d+)?|Infinity)$|^NaN$/;

/**
 * The value that a param_value stands for: a number or boolean where the text is just as derivation writes one, else the text
 * itself. The text "1" cannot be told from the number; the message it came in can.
 */
export function readParamText(text: string | null): number | boolean | string | null {
  if (text === "true" || text === "false") return text === "true";
  if (text === null || !decimal.test(text)) return text;
  const value = Number(text);
  return String(value) === text || text === "-0" ? value : text;
}
