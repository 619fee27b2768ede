const replacement = "\uFFFD";

/** An escape in a JSON text: a pair of surrogates, U+0000 or a lone surrogate, or any other. */
const escape =
  /\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u0000|u[dD][89a-fA-F][0-9a-fA-F]{2})|.)/gs;

/**
 * A JSON text with U+FFFD in place of each escaped U+0000 and lone surrogate. SQL on JSON with one of these fails on PostgreSQL, and
 * files with them cannot be read by many programs.
 *
 * @param json JSON as `formatJson` or another program writes it.
 */
export function toStorableJson(json: string): string {
  if (!json.includes("\\u")) return json;
  return json.replace(escape, (all, unstorable?: string) => (unstorable === undefined ? all : replacement));
}
