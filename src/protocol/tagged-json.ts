import { ProtocolError } from "./error.js";
import { Nesting } from "./nesting.js";
import { Timestamp, type Value, type ValueMap, isMap, maximumDepth, maximumIntegerDigits } from "./value.js";

/**
 * Reads one JSON text (RFC 8259), and `NaN`, `Infinity` and `-Infinity` as Python writes them. Integers are exact, keys keep
 * their order, the last of equal keys counts.
 *
 * @throws ProtocolError `malformed` for what is no JSON, `invalid` for what is too deep or has too many digits.
 */
export function parseJson(text: string): Value {
  return parse(text, new Nesting());
}

function parse(text: string, nesting: Nesting): Value {
  const parser = new Parser(text, nesting);
  const value = parser.readValue(0);
  parser.expectEnd();
  return value;
}

const numberPattern = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const words: readonly (readonly [string, Value])[] = [
  ["null", null],
  ["true", true],
  ["false", false],
  ["NaN", NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
];

class Parser {
  #position = 0;

  constructor(
    readonly text: string,
    readonly nesting: Nesting,
  ) {}

  readValue(depth: number): Value {
    this.#skipBlanks();
    const code = this.text.charCodeAt(this.#position);
    if (code === 0x22) return this.#readString();
    if (code === 0x7b) return this.#readMap(depth + 1);
    if (code === 0x5b) return this.#readList(depth + 1);
    return this.#readNumber() ?? this.#readWord();
  }

  expectEnd(): void {
    this.#skipBlanks();
    if (this.#position < this.text.length) throw this.#malformed();
  }

  #readMap(depth: number): ValueMap {
    this.nesting.enter(depth);
    this.#position += 1;
    const map: ValueMap = new Map();
    if (this.#take(0x7d)) return map;
    do {
      this.#skipBlanks();
      if (this.text.charCodeAt(this.#position) !== 0x22) throw this.#malformed();
      const key = this.#readString();
      if (!this.#take(0x3a)) throw this.#malformed();
      map.set(key, this.readValue(depth));
    } while (this.#take(0x2c));
    if (!this.#take(0x7d)) throw this.#malformed();
    return map;
  }

  #readList(depth: number): Value[] {
    this.nesting.enter(depth);
    this.#position += 1;
    const list: Value[] = [];
    if (this.#take(0x5d)) return list;
    do list.push(this.readValue(depth));
    while (this.#take(0x2c));
    if (!this.#take(0x5d)) throw this.#malformed();
    return list;
  }

  #readString(): string {
    const start = this.#position;
    let escaped = false;
    for (let end = start + 1; end < this.text.length; end += 1) {
      const code = this.text.charCodeAt(end);
      if (code === 0x22) {
        this.#position = end + 1;
        return escaped ? this.#unescape(start, end + 1) : this.text.slice(start + 1, end);
      }
      if (code === 0x5c) {
        escaped = true;
        end += 1;
      } else if (code < 0x20) {
        this.#position = end;
        throw this.#malformed();
      }
    }
    this.#position = this.text.length;
    throw this.#malformed();
  }

  #unescape(start: number, end: number): string {
    try {
      return JSON.parse(this.text.slice(start, end)) as string;
    } catch {
      this.#position = start;
      throw this.#malformed();
    }
  }

  #readNumber(): number | bigint | undefined {
    numberPattern.lastIndex = this.#position;
    if (!numberPattern.test(this.text)) return undefined;
    const text = this.text.slice(this.#position, numberPattern.lastIndex);
    this.#position = numberPattern.lastIndex;
    const value = Number(text);
    if (Number.isSafeInteger(value) || /[.eE]/.test(text)) return value;
    if (text.replace("-", "").length > maximumIntegerDigits) {
      throw new ProtocolError("invalid", `An integer has more than ${maximumIntegerDigits} digits.`);
    }
    return BigInt(text);
  }

  #readWord(): Value {
    for (const [word, value] of words) {
      if (this.text.startsWith(word, this.#position)) {
        this.#position += word.length;
        return value;
      }
    }
    throw this.#malformed();
  }

  #take(code: number): boolean {
    this.#skipBlanks();
    if (this.text.charCodeAt(this.#position) !== code) return false;
    this.#position += 1;
    return true;
  }

  #skipBlanks(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.#position);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#position += 1;
    }
  }

  #malformed(): ProtocolError {
    const where = this.#position < this.text.length ? `at character ${this.#position + 1}` : "at its end";
    return new ProtocolError("malformed", `The text frame is no JSON: it breaks off or goes wrong ${where}.`);
  }
}

const tags = ["$bytes", "$number", "$integer", "$timestamp", "$literal"];

/**
 * Writes a value as JSON. What JSON cannot say has one tagged form: `{"$bytes": "<base64>"}`, `{"$number": "NaN"}` (or
 * `"Infinity"`, `"-Infinity"`), `{"$integer": "<digits>"}`, `{"$timestamp": "<ISO 8601>"}`. A map that itself looks like one of
 * these (its only key is a tag) is written as `{"$literal": {…}}`, so that every value can be told from every other.
 */
export function formatJson(value: Value): string {
  if (value === null) return "null";
  if (typeof value === "number") return formatNumber(value);
  if (typeof value === "bigint") return tagged("$integer", value.toString());
  if (typeof value === "string" || typeof value === "boolean") return JSON.stringify(value);
  if (Array.isArray(value)) return formatList(value);
  if (value instanceof Uint8Array) return tagged("$bytes", base64(value));
  if (value instanceof Timestamp) return tagged("$timestamp", value.toISOString());
  return isTagged(value) ? `{"$literal":${formatMap(value)}}` : formatMap(value);
}

function formatList(list: readonly Value[]): string {
  let items = "";
  for (const item of list) items += items === "" ? formatJson(item) : `,${formatJson(item)}`;
  return `[${items}]`;
}

function formatMap(map: ValueMap): string {
  let members = "";
  map.forEach((item, key) => {
    const member = `${JSON.stringify(key)}:${formatJson(item)}`;
    members += members === "" ? member : `,${member}`;
  });
  return `{${members}}`;
}

function formatNumber(value: number): string {
  return Number.isFinite(value) ? formatDouble(value) : tagged("$number", String(value));
}

/** A finite double as the JSON number that is read back to the same double. */
export function formatDouble(value: number): string {
  if (Object.is(value, -0)) return "-0";
  const text = JSON.stringify(value);
  // A large double whose shortest decimal has no point would be read back as an integer, and as another value.
  return Number.isSafeInteger(value) || /[.e]/.test(text) ? text : `${text}.0`;
}

function tagged(tag: string, text: string): string {
  return `{"${tag}":${JSON.stringify(text)}}`;
}

function isTagged(map: ValueMap): boolean {
  return map.size === 1 && tags.some((tag) => map.has(tag));
}

/**
 * The value that {@link formatJson} wrote.
 *
 * @throws ProtocolError `malformed` for what it cannot have written.
 */
export function parseTaggedJson(text: string): Value {
  // Tags nest what they stand for deeper, and add objects: what a frame could hold must be readable here.
  return untag(parse(text, new Nesting(3 * maximumDepth, Infinity)));
}

function untag(value: Value): Value {
  if (Array.isArray(value)) return value.map(untag);
  if (!isMap(value)) return value;
  const [entry] = value;
  if (entry === undefined || !isTagged(value)) return untagMembers(value);
  const [tag, content] = entry;
  if (tag === "$literal" && isMap(content)) return untagMembers(content);
  const untagged = typeof content === "string" ? readTagged(tag, content) : undefined;
  if (untagged === undefined)
    throw new ProtocolError("malformed", `A ${tag} of the JSON text cannot be read.`);
  return untagged;
}

function readTagged(tag: string, text: string): Value | undefined {
  if (tag === "$number" && ["NaN", "Infinity", "-Infinity"].includes(text)) return Number(text);
  if (tag === "$integer" && /^-?[0-9]+$/.test(text)) return BigInt(text);
  if (tag === "$bytes" && /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0) {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  }
  const [, whole = "", nanoseconds = ""] = /^(.*)\.([0-9]{9})Z$/.exec(text) ?? [];
  const seconds = Date.parse(`${whole}Z`) / 1000;
  return tag !== "$timestamp" || Number.isNaN(seconds)
    ? undefined
    : new Timestamp(seconds, Number(nanoseconds));
}

function untagMembers(map: ValueMap): ValueMap {
  return new Map([...map].map(([key, item]) => [key, untag(item)]));
}

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
