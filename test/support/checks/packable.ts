import fc from "fast-check";
import { type Value, isMap } from "../../../src/protocol/index.js";
import { anyValue } from "./arbitraries.js";

/** A value with its integers reduced to the 64 bits of MessagePack. */
function in64Bits(value: Value): Value {
  if (typeof value === "bigint") return value < 0n ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value);
  if (Array.isArray(value)) return value.map(in64Bits);
  return isMap(value) ? new Map([...value].map(([key, item]) => [key, in64Bits(item)])) : value;
}

/** Any value that MessagePack can encode. */
export const packable = anyValue.map(in64Bits);

/** Any plain object of JSON values. */
export const plainObject = fc
  .dictionary(fc.string({ unit: "binary" }), fc.jsonValue({ stringUnit: "binary" }))
  .filter((object) => !JSON.stringify(object).includes("__proto__"));
