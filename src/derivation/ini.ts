import type { Value } from "../protocol/index.js";
import { SetupError, quote } from "./derivation-error.js";

/** The sections of a config in their order, including `common`; a key without a value is null. */
export type Sections = Map<string, Map<string, Value>>;

/** The section whose keys every other section falls back to. */
export const defaultSection = "common";

// The white space of Python's str.strip and str.isspace, which differs slightly from JavaScript's.
// eslint-disable-next-line no-control-regex -- Python counts the separators as white space
const blank = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;
const inlineComment = new RegExp(`(^|${blank.source})#`);
const header = /^\[(.+)\]/s;
const option = /^([^=:]*)(?:[=:](.*))?$/s;

/**
 * Reads INI text as Python's `configparser` does (CPython 3.11, `RawConfigParser._read`) with the default section `common`, inline
 * comments `#`, comment lines `#` and `;`, keys without values, no empty lines in values, and keys in lower case. A byte order mark
 * before it is left out. Does not interpolate values.
 *
 * @throws SetupError that names the line.
 */
export function parseIni(text: string): Sections {
  const lines = new Map<string, Map<string, string[] | null>>([[defaultSection, new Map()]]);
  const seen = new Set<string>();
  let section: Map<string, string[] | null> | undefined;
  let key: string | undefined;
  let indent = 0;
  const withoutMark = text.startsWith("\uFEFF") ? text.slice(1) : text;
  for (const [index, line] of withoutMark.split("\n").entries()) {
    const where = `line ${index + 1} of the config`;
    const content = strip(withoutComment(line));
    if (content === "") {
      // An empty line or a comment line ends the value above it.
      indent = Infinity;
      continue;
    }
    const lineIndent = countLeadingBlanks(line);
    if (section !== undefined && key !== undefined && lineIndent > indent) {
      const value = section.get(key);
      if (!value)
        throw new SetupError(
          `In ${where}, ${quote(content)} is indented and so continues ${quote(key)}, which has no value; remove the indentation.`,
        );
      value.push(content);
      continue;
    }
    indent = lineIndent;
    const name = header.exec(content)?.[1];
    if (name !== undefined) {
      if (seen.has(name))
        throw new SetupError(
          `In ${where}, section ${quote(`[${name}]`)} appears a second time; merge the two.`,
        );
      if (name !== defaultSection) seen.add(name);
      section = lines.get(name) ?? new Map<string, string[] | null>();
      lines.set(name, section);
      key = undefined;
      continue;
    }
    if (section === undefined) {
      throw new SetupError(
        `In ${where}, ${quote(content)} comes before the first section; start the config with [common].`,
      );
    }
    const [, left = "", right] = option.exec(content) ?? [];
    key = strip(left).toLowerCase();
    if (key === "") throw new SetupError(`In ${where}, ${quote(content)} has no key; write key = value.`);
    if (section.has(key))
      throw new SetupError(`In ${where}, ${quote(key)} appears a second time in its section; remove one.`);
    section.set(key, right === undefined ? null : [strip(right)]);
  }
  return joinLines(lines);
}

function joinLines(lines: Map<string, Map<string, string[] | null>>): Sections {
  const join = (value: string[] | null) => (value === null ? null : stripEnd(value.join("\n")));
  return new Map(
    [...lines].map(([name, section]) => [name, new Map([...section].map(([k, v]) => [k, join(v)]))]),
  );
}

function withoutComment(line: string): string {
  const stripped = strip(line);
  if (stripped.startsWith("#") || stripped.startsWith(";")) return "";
  const comment = inlineComment.exec(line);
  return comment === null ? line : line.slice(0, comment.index);
}

function strip(text: string): string {
  return stripEnd(text).slice(countLeadingBlanks(text));
}

function stripEnd(text: string): string {
  let end = text.length;
  while (end > 0 && blank.test(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

function countLeadingBlanks(text: string): number {
  let count = 0;
  while (count < text.length && blank.test(text.charAt(count))) count += 1;
  return count;
}
