import type { Value } from "../protocol/index.js";
import { SetupError, quote } from "./derivation-error.js";
import { type Sections, defaultSection } from "./ini.js";
import { toText } from "./text.js";

const maximumDepth = 10;

/** The most references of a config, and the most characters that it can expand to. */
const maximumReferences = 100_000;
const maximumLength = 16 * 1024 * 1024;

/**
 * Replaces `${key}` and `${section:key}` in every string, and `$$` by `$`, as Python's `configparser.ExtendedInterpolation`
 * does; a key that its section lacks is looked up in `common`.
 *
 * @throws SetupError for a lone `$`, an unknown reference, and references that are circular or expand too far.
 */
export function interpolate(sections: Sections): Sections {
  const interpolation = new Interpolation(sections);
  return new Map(
    [...sections].map(([name, section]) => [
      name,
      new Map(
        [...section].map(([key, value]) => [
          key,
          typeof value === "string" ? interpolation.expand(value, name, label(name, key), 1) : value,
        ]),
      ),
    ]),
  );
}

/**
 * The interpolated value of a key in a section of a raw config, or in `common` if the section lacks it; undefined if neither
 * has it.
 *
 * @throws SetupError as {@link interpolate} does.
 */
export function lookUp(sections: Sections, section: string, key: string): Value | undefined {
  const owner = sections.has(section) ? section : defaultSection;
  const interpolation = new Interpolation(sections);
  const value = interpolation.find(owner, key);
  return typeof value === "string" ? interpolation.expand(value, owner, label(owner, key), 1) : value;
}

class Interpolation {
  #length = 0;
  #references = 0;

  constructor(readonly sections: Sections) {}

  expand(text: string, section: string, where: string, depth: number): string {
    if (!text.includes("$")) return this.#count(text, where);
    if (depth > maximumDepth) {
      throw new SetupError(
        `${where} refers to itself, or to a value through more than ${maximumDepth} references.`,
      );
    }
    let expanded = "";
    let position = 0;
    let dollar = text.indexOf("$");
    while (dollar !== -1) {
      expanded += this.#count(text.slice(position, dollar), where);
      const next = text.charAt(dollar + 1);
      const end = next === "{" ? text.indexOf("}", dollar) : dollar + 1;
      if (next === "$") expanded += this.#count("$", where);
      else if (next === "{" && end > dollar + 2) {
        expanded += this.#resolve(text.slice(dollar + 2, end), section, where, depth);
      } else throw new SetupError(`${where} has a lone $; write $$ for a dollar sign.`);
      position = end + 1;
      dollar = text.indexOf("$", position);
    }
    return expanded + this.#count(text.slice(position), where);
  }

  #resolve(reference: string, section: string, where: string, depth: number): string {
    this.#references += 1;
    if (this.#references > maximumReferences)
      throw new SetupError(`${where} takes the config beyond ${maximumReferences} references.`);
    const [first = "", second, ...rest] = reference.split(":");
    if (rest.length > 0)
      throw new SetupError(`${where} refers to ${quote(`\${${reference}}`)}, which has more than one colon.`);
    const target = second === undefined ? section : first;
    const value = this.find(target, (second ?? first).toLowerCase());
    if (value === undefined || value === null) {
      throw new SetupError(`${where} refers to ${quote(`\${${reference}}`)}, which has no value.`);
    }
    return this.expand(toText(value) ?? "", target, where, depth + 1);
  }

  find(section: string, key: string): Value | undefined {
    if (!this.sections.has(section)) return undefined;
    const own = this.sections.get(section)?.get(key);
    return own === undefined ? this.sections.get(defaultSection)?.get(key) : own;
  }

  #count(text: string, where: string): string {
    this.#length += text.length;
    if (this.#length > maximumLength)
      throw new SetupError(
        `${where} takes the config beyond ${maximumLength} characters, with all references replaced.`,
      );
    return text;
  }
}

function label(section: string, key: string): string {
  return quote(`[${section}] ${key}`);
}
