import { type Value, Timestamp, maximumDepth } from "./value.js";

/**
 * What a program says in plain JavaScript, as a value of the protocol: an object is a map (members that are `undefined` are
 * left out), a `Date` a timestamp, an iterable of another kind than a `Map` a list; what is a value already stays itself.
 *
 * @throws TypeError for functions, symbols, `undefined` in a list, keys that are no strings, and what is nested too deep.
 */
export function toValue(input: unknown, depth = 0): Value {
  if (input === null || ["boolean", "number", "string"].includes(typeof input)) return input as Value;
  if (typeof input === "bigint") return Number.isSafeInteger(Number(input)) ? Number(input) : input;
  if (input instanceof Uint8Array || input instanceof Timestamp) return input;
  if (input instanceof Date) return readDate(input);
  if (typeof input !== "object")
    throw new TypeError(`A message cannot hold a value of type ${typeof input}.`);
  if (depth >= maximumDepth)
    throw new TypeError(`A message can be nested ${maximumDepth} levels deep at most.`);
  if (input instanceof Map || !(Symbol.iterator in input)) {
    const entries: Iterable<[unknown, unknown]> = input instanceof Map ? input : Object.entries(input);
    return readMap(entries, depth);
  }
  return Array.from(input as Iterable<unknown>, (item) => toValue(item, depth + 1));
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
