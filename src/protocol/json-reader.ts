import { ProtocolError } from "./error.js";
import { Nesting } from "./nesting.js";
import { type Value, type ValueMap, maximumIntegerDigits } from "./value.js";

/**
 * Reads one JSON text (RFC 8259), and `NaN`, `Infinity` and `-Infinity` as Python writes them. Integers are exact, keys keep
 * their order, and of equal keys the last one counts.
 *
 * @param nesting counts the text's lists and objects; by default with the limits of a frame.
 * @throws ProtocolError `malformed` for text that is not JSON, `invalid` for text that is nested too deeply or has an
 * integer of too many digits.
 */
export function parseJson(text: string, nesting = new Nesting()): Value {
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
    const what =
      this.#position < this.text.length
        ? `unexpected text at character ${this.#position + 1}`
        : "unexpected end";
    return new ProtocolError("malformed", `The text frame is not valid JSON: ${what}.`);
  }
}
