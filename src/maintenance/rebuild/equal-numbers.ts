const integer = /^[+-]?[0-9]+$/;
const decimal = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

/**
 * Whether two texts spell the same number: two integers digit by digit, others as doubles.
 *
 * @param digits how many significant digits of a double must be the same, the last one but for rounding; default: all.
 */
export function equalNumbers(one: string, other: string, digits?: number): boolean {
  // Two different large integers may be the same double.
  if (integer.test(one) && integer.test(other)) return canonical(one) === canonical(other);
  if (!decimal.test(one) || !decimal.test(other)) return false;
  const [first, second] = [Number(one), Number(other)];
  if (first === second || digits === undefined) return first === second;
  return Math.abs(first - second) <= 10 ** (Math.floor(Math.log10(Math.abs(second))) + 1 - digits);
}

function canonical(text: string): string {
  const digits = text.replace(/^[+-]?0*/, "");
  return text.startsWith("-") && digits !== "" ? `-${digits}` : digits;
}
