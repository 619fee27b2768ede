import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Value, type ValueMap, parseJson } from "../../../src/protocol/index.js";

/** The path of a file in test/fixtures. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../../../../test/fixtures/${name}`, import.meta.url));
}

/** The vectors of a fixture, decoded as messages are, so that keys keep their order. */
export function readVectors(name: string): ValueMap[] {
  return parseJson(readFileSync(fixture(name), "utf8")) as ValueMap[];
}

/** The member of a map along a path of keys. */
export function dig(value: Value | undefined, ...keys: string[]): Value | undefined {
  return keys.reduce<Value | undefined>((map, key) => (map as ValueMap | undefined)?.get(key), value);
}
