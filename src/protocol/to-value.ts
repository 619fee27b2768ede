import { type Value, Timestamp, maximumDepth } from "./value.js";

/**
 * Converts plain JavaScript to a value of the protocol. An object becomes a map (without its `undefined` members), a `Date` a
 * timestamp, an iterable other than a `Map` a list, an object with `toJSON` the result of that, a buffer bytes. A value stays
 * itself.
 *
 * @throws TypeError for functions, symbols, `undefined` in a list, keys that are not strings, nesting that is too deep, and opaque
 * objects (a `Promise`, an `Error`): as empty maps they would be lost silently.
 */
export function toValue(input: unknown, depth = 0): Value {
  if (input === null || ["boolean", "number", "string"].includes(typeof input)) return input as Value;
  if (typeof input === "bigint") return Number.isSafeInteger(Number(input)) ? Number(input) : input;
  if (input instanceof Uint8Array || input instanceof Timestamp) return input;
  if (input instanceof Date) return readDate(input);
  if (input instanceof ArrayBuffer) return new Uint8Array(input);
  if (input instanceof DataView) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  if (typeof input !== "object")
    throw new TypeError(`A message cannot hold a value of type ${typeof input}.`);
  if (depth >= maximumDepth)
    throw new TypeError(`A message can be nested at most ${maximumDepth} levels deep.`);
  if (input instanceof Map) return readMap(input, depth);
  if (Symbol.iterator in input) {
    return Array.from(input as Iterable<unknown>, (item) => toValue(item, depth + 1));
  }
  if ("toJSON" in input && typeof input.toJSON === "function") {
    return toValue((input as { toJSON(): unknown }).toJSON(), depth + 1);
  }
  const members = Object.entries(input);
  if (members.length === 0) refuseOpaque(input);
  return readMap(members, depth);
}

/** @throws TypeError for an object without members of another class than `Object`. */
function refuseOpaque(input: object): void {
  const prototype = Object.getPrototypeOf(input) as object | null;
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return;
  const kind = prototype.constructor.name;
  throw new TypeError(`A message cannot hold a ${kind}; pass the data in it as plain values.`);
}

function readMap(entries: Iterable<[unknown, unknown]>, depth: number): Value {
  const map = new Map<string, Value>();
  for (const [key, item] of entries) {
    if (typeof key !== "string") throw new TypeError("The keys of a message's maps must be strings.");
    if (item !== undefined) map.set(key, toValue(item, depth + 1));
  }
  return map;
}

function readDate(date: Date): Timestamp {
  const time = date.getTime();
  if (Number.isNaN(time)) throw new TypeError("A message cannot hold an invalid date.");
  const seconds = Math.floor(time / 1000);
  return new Timestamp(seconds, (time - seconds * 1000) * 1_000_000);
}
