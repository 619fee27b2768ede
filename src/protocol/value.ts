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
  if (Object.is(a, b)) return true;
  if (isNumeric(a) && isNumeric(b)) return a == b;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => equalValues(item, b[index]));
  }
  if (a instanceof Map) {
    if (!(b instanceof Map) || a.size !== b.size) return false;
    for (const [key, item] of a) if (!b.has(key) || !equalValues(item, b.get(key))) return false;
    return true;
  }
  if (a instanceof Uint8Array) {
    return b instanceof Uint8Array && equalBytes(a, b);
  }
  if (a instanceof Timestamp) {
    return b instanceof Timestamp && a.seconds === b.seconds && a.nanoseconds === b.nanoseconds;
  }
  return false;
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
