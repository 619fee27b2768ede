/** Control characters and line ends. */
const controls = /[\p{Cc}\p{Zl}\p{Zp}]/gu;

/** Control characters, line ends, and those that change the direction of text. */
const terminalControls = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

const named: Readonly<Record<string, string>> = { "\t": "\\t", "\n": "\\n", "\r": "\\r" };

/** Escapes control characters as JSON does (`\n`, `\u0000`), so that a text stays on one line. */
export function escapeControls(text: string): string {
  return text.replace(controls, escape);
}

/** Escapes every character of a client's text that a terminal would obey: it could move the cursor, or hide text. */
export function escapeForTerminal(text: string): string {
  return text.replace(terminalControls, escape);
}

/** Escapes a text of several lines for a terminal. Its newlines stay: escape a client's text within it first. */
export function escapeLines(text: string): string {
  return text.split("\n").map(escapeForTerminal).join("\n");
}

function escape(character: string): string {
  return named[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
