import { StepMeter, type Steps, complete } from "./steps.js";

/**
 * A decoded JSON or MessagePack value.
 *
 * Maps are `Map`s, so that every string is a plain key (`__proto__` too) and keys keep their order (an object would put
 * "10" before "a"). An integer beyond ±(2^53 − 1) is a `bigint`; every other number is a double.
 */
export type Value = null | boolean | number | bigint | string | Uint8Array | Timestamp | Value[] | ValueMap;

/** A map of a message: string keys in the order of the frame. */
export type ValueMap = Map<string, Value>;

/** A MessagePack timestamp: whole seconds since 1970 and nanoseconds (0–999,999,999) after them. */
export class Timestamp {
  constructor(
    readonly seconds: number,
    readonly nanoseconds: number,
  ) {}

  /** ISO 8601 in UTC, with nine decimals. */
  toISOString(): string {
    const whole = new Date(this.seconds * 1000).toISOString();
    return `${whole.slice(0, whole.indexOf("."))}.${String(this.nanoseconds).padStart(9, "0")}Z`;
  }
}

/** The deepest nesting of a message's lists and maps; deeper ones are `invalid`. */
export const maximumDepth = 256;

/** The most lists and maps of a message; more are `invalid`, since an empty one takes a hundred times its bytes in memory. */
export const maximumContainers = 1_000_000;

/** The most values of a message, its lists and maps included; more are `too_costly`. */
export const maximumValues = 2_000_000;

/** The most memory that the values of a message may take, as DecodingBudget estimates it; more is `too_costly`. */
export const maximumDecodedBytes = 256 * 1024 * 1024;

/** The most characters of a JSON text that a column takes of a message; more are `too_costly`. */
export const maximumJsonCharacters = 32 * 1024 * 1024;

/** The most digits of an integer; more are `invalid`, since reading one takes time in the square of its digits. */
export const maximumIntegerDigits = 10_000;

/** Whether a value is a map. */
export function isMap(value: Value | undefined): value is ValueMap {
  return value instanceof Map;
}

/**
 * Whether two values are equal: numbers by value (1 and 1.0, a double and a bigint), NaN to itself, maps in any order of their
 * keys. An absent value (`undefined`) equals only itself.
 */
export function equalValues(a: Value | undefined, b: Value | undefined): boolean {
  return complete(equalValuesInSteps(a, b));
}

/** Compares two values as {@link equalValues} does, with pauses. */
export function* equalValuesInSteps(a: Value | undefined, b: Value | undefined): Steps<boolean> {
  const meter = new StepMeter();
  // The pairs still to compare; no call stack, so that comparing can pause anywhere.
  const pairs: Iterator<Pair>[] = [[[a, b] as const].values()];
  for (let last = pairs.at(-1); last !== undefined; last = pairs.at(-1)) {
    const next = last.next();
    if (next.done === true) {
      pairs.pop();
      continue;
    }
    const inner = comparePair(next.value);
    if (inner === false) return false;
    if (inner !== true) pairs.push(inner);
    if (meter.isOver(0)) yield;
  }
  return true;
}

type Pair = readonly [Value | undefined, Value | undefined];

/** Compares two values; of two lists or maps of the same length it returns the pairs of their items. */
function comparePair([a, b]: Pair): boolean | Iterator<Pair> {
  if (Object.is(a, b)) return true;
  if (isNumeric(a) && isNumeric(b)) return a == b;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && pairItems(a, b);
  if (isMap(a)) return isMap(b) && a.size === b.size && pairMembers(a, b);
  if (a instanceof Uint8Array) {
    return b instanceof Uint8Array && equalBytes(a, b);
  }
  if (a instanceof Timestamp) {
    return b instanceof Timestamp && a.seconds === b.seconds && a.nanoseconds === b.nanoseconds;
  }
  return false;
}

function* pairItems(a: readonly Value[], b: readonly Value[]): Generator<Pair> {
  for (const [index, item] of a.entries()) yield [item, b[index]];
}

/** A key that only one map has is paired with undefined, which equals no value. */
function* pairMembers(a: ValueMap, b: ValueMap): Generator<Pair> {
  for (const [key, item] of a) yield [item, b.get(key)];
}

/** Plain loop: `every` takes ten times as long, and a frame has up to 16 MiB. */
function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return false;
  return true;
}

function isNumeric(value: Value | undefined): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}
