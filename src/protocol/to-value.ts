import { type Value, Timestamp, maximumDepth } from "./value.js";

/**
 * What a program says in plain JavaScript, as a value of the protocol: an object is a map (members that are `undefined` are
 * left out), a `Date` a timestamp, an iterable of another kind than a `Map` a list, what has a `toJSON` what that gives, buffers are
 * bytes; what is a value already stays itself.
 *
 * @throws TypeError for functions, symbols, `undefined` in a list, keys that are no strings, what is nested too deep, and objects of
 * which nothing can be seen (a `Promise`, an `Error`): as empty maps they would seem to have been kept.
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
    throw new TypeError(`A message can be nested ${maximumDepth} levels deep at most.`);
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

/** @throws TypeError for an object without members that is more than `{}`. */
function refuseOpaque(input: object): void {
  const prototype = Object.getPrototypeOf(input) as object | null;
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return;
  const kind = prototype.constructor.name;
  throw new TypeError(`A message cannot hold a ${kind}; take out of it what is to be kept.`);
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
