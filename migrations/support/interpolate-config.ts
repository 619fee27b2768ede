import { type Value, type ValueMap, isMap } from "../../src/protocol/index.js";

import type { Allowance } from "../pickle/budget.js";

const defaultSection = "common";
const maximumDepth = 10;
/** The most references to resolve; the rest of a config keeps its references. */
const maximumReferences = 100_000;

/**
 * Replaces `${key}` and `${section:key}` in every text of a config, and `$$` by `$`, as `ExtendedInterpolation` of Python's
 * configparser does; a key that its section lacks is looked up in `common`. A text with a reference that cannot be resolved stays
 * unchanged, and so does every value that is not a text in a section.
 *
 * @param allowance how many characters the config may become; the rest keeps its references.
 */
export function interpolateConfig(config: ValueMap, allowance: Allowance): ValueMap {
  const interpolation = new Interpolation(config, allowance);
  return new Map(
    [...config].map(([name, section]) => [
      name,
      isMap(section)
        ? new Map([...section].map(([key, value]) => [key, interpolation.resolve(value, name)]))
        : section,
    ]),
  );
}

class Interpolation {
  #references = 0;

  constructor(
    readonly config: ValueMap,
    readonly allowance: Allowance,
  ) {}

  resolve(value: Value, section: string): Value {
    return typeof value === "string" && value.includes("$")
      ? (this.#expand(value, section, 1) ?? value)
      : value;
  }

  #expand(text: string, section: string, depth: number): string | undefined {
    if (depth > maximumDepth || !this.allowance.spend(text.length)) return undefined;
    let expanded = "";
    let position = 0;
    for (let dollar = text.indexOf("$"); dollar !== -1; dollar = text.indexOf("$", position)) {
      expanded += text.slice(position, dollar);
      const next = text.charAt(dollar + 1);
      const end = next === "{" ? text.indexOf("}", dollar) : dollar + 1;
      if (next === "{" && end > dollar + 2) {
        const replacement = this.#look(text.slice(dollar + 2, end), section, depth);
        if (replacement === undefined) return undefined;
        expanded += replacement;
      } else if (next === "$") expanded += "$";
      else return undefined;
      position = end + 1;
    }
    return expanded + text.slice(position);
  }

  #look(reference: string, section: string, depth: number): string | undefined {
    this.#references += 1;
    const parts = reference.split(":");
    if (this.#references > maximumReferences || parts.length > 2) return undefined;
    const [target = "", key = ""] = parts.length === 2 ? parts : [section, reference];
    const value = this.#find(target, key.toLowerCase());
    if (typeof value !== "string") return undefined;
    if (value.includes("$")) return this.#expand(value, target, depth + 1);
    return this.allowance.spend(value.length) ? value : undefined;
  }

  #find(section: string, key: string): Value | undefined {
    const own = this.config.get(section);
    if (!isMap(own)) return undefined;
    if (own.has(key)) return own.get(key);
    const common = this.config.get(defaultSection);
    return isMap(common) ? common.get(key) : undefined;
  }
}
