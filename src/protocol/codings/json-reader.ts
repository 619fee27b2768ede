import { DecodingBudget, decodedBytes } from "./decoding-budget.js";
import { ProtocolError } from "../error.js";
import { StepMeter, type Steps, complete } from "../steps.js";
import { type Value, type ValueMap, maximumIntegerDigits } from "../value.js";

/**
 * Reads one JSON text (RFC 8259), and `NaN`, `Infinity` and `-Infinity` as Python writes them. Integers are exact, keys keep
 * their order, and of equal keys the last one counts.
 *
 * @param budget counts the text's values; by default with the limits of a frame.
 * @throws ProtocolError `malformed` for text that is not JSON, `invalid` for text that is nested too deeply or has an
 * integer of too many digits, `too_costly` for text of too many values.
 */
export function parseJson(text: string, budget = new DecodingBudget("arriving")): Value {
  return complete(parseJsonInSteps(text, budget));
}

/** Reads one JSON text as {@link parseJson} does, with pauses. */
export function parseJsonInSteps(text: string, budget = new DecodingBudget("arriving")): Steps<Value> {
  return new Parser(text, budget).read();
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

/** A list or map whose end has not been read yet. */
type Open =
  | { readonly list: Value[]; readonly map?: undefined }
  | { readonly map: ValueMap; key: string; readonly list?: undefined };

class Parser {
  #position = 0;
  /** The lists and maps around the position, outermost first: no call stack, so that reading can pause anywhere. */
  readonly #open: Open[] = [];

  constructor(
    readonly text: string,
    readonly budget: DecodingBudget,
  ) {}

  *read(): Steps<Value> {
    for (const meter = new StepMeter(); ;) {
      if (meter.isOver(this.#position)) yield;
      const begun = this.#begin();
      if (begun === undefined) continue;
      const value = this.#end(begun);
      if (value === undefined) continue;
      this.#skipBlanks();
      if (this.#position < this.text.length) throw this.#malformed();
      return value;
    }
  }

  /** Reads a value; undefined after the begin of a list or map that has items. */
  #begin(): Value | undefined {
    this.#skipBlanks();
    const code = this.text.charCodeAt(this.#position);
    if (code === 0x22) {
      const text = this.#readString();
      this.budget.count(decodedBytes.text + text.length);
      return text;
    }
    if (code === 0x7b) return this.#beginMap();
    if (code === 0x5b) return this.#beginList();
    const value = this.#readNumber() ?? this.#readWord();
    this.budget.count(decodedBytes.scalar);
    return value;
  }

  #beginMap(): ValueMap | undefined {
    this.budget.enter(this.#open.length + 1, decodedBytes.map);
    this.#position += 1;
    const map: ValueMap = new Map();
    if (this.#take(0x7d)) return map;
    this.#open.push({ map, key: this.#readKey() });
    return undefined;
  }

  #beginList(): Value[] | undefined {
    this.budget.enter(this.#open.length + 1, decodedBytes.list);
    this.#position += 1;
    const list: Value[] = [];
    if (this.#take(0x5d)) return list;
    this.#open.push({ list });
    return undefined;
  }

  /** Puts a value into its list or map, and ends those that end behind it; returns the outermost value once that has ended. */
  #end(inner: Value): Value | undefined {
    for (let value = inner; ;) {
      const open = this.#open.at(-1);
      if (open === undefined) return value;
      if (open.list !== undefined) open.list.push(value);
      else open.map.set(open.key, value);
      if (this.#take(0x2c)) {
        if (open.list === undefined) open.key = this.#readKey();
        return undefined;
      }
      if (!this.#take(open.list === undefined ? 0x7d : 0x5d)) throw this.#malformed();
      this.#open.pop();
      value = open.list ?? open.map;
    }
  }

  #readKey(): string {
    this.#skipBlanks();
    if (this.text.charCodeAt(this.#position) !== 0x22) throw this.#malformed();
    const key = this.#readString();
    this.budget.count(decodedBytes.member + key.length);
    if (!this.#take(0x3a)) throw this.#malformed();
    return key;
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
