import { Timestamp, type Coding, type Value } from "../src/protocol/index.js";

/** What a test may send: values, and plain objects for maps. */
export type Sendable = Value | undefined | { readonly [key: string]: Sendable } | readonly Sendable[];

/** A message as a frame, coded exactly: NaN, −0, integers of any size, bytes, timestamps, keys in their order. */
export function encode(message: unknown, coding: Coding): string | Buffer {
  return coding === "json" ? toJson(message as Sendable) : Buffer.from(toMessagePack(message as Sendable));
}

/** JSON as Python writes it: NaN, Infinity and large integers as they are. */
function toJson(value: Sendable): string {
  if (value === undefined || value === null) return "null";
  if (typeof value === "number") return Object.is(value, -0) ? "-0.0" : doubleToJson(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "string" || typeof value === "boolean") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(toJson).join(", ")}]`;
  if (value instanceof Uint8Array || value instanceof Timestamp) throw new Error("JSON cannot say this.");
  return `{${entriesOf(value)
    .map(([key, item]) => `${JSON.stringify(key)}: ${toJson(item)}`)
    .join(", ")}}`;
}

/** As a double: without the exponent, a whole one beyond 2^53 would read as another integer. */
function doubleToJson(value: number): string {
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? value.toExponential() : String(value);
}

function toMessagePack(value: Sendable): number[] {
  if (value === undefined || value === null) return [0xc0];
  if (typeof value === "boolean") return [value ? 0xc3 : 0xc2];
  if (typeof value === "number")
    return Number.isInteger(value) && !Object.is(value, -0) && Math.abs(value) < 2 ** 31
      ? integer(value)
      : double(value);
  if (typeof value === "bigint") {
    const view = new DataView(new ArrayBuffer(8));
    view.setBigUint64(0, BigInt.asUintN(64, value));
    return [value < 0n ? 0xd3 : 0xcf, ...new Uint8Array(view.buffer)];
  }
  if (typeof value === "string") {
    const bytes = new TextEncoder().encode(value);
    return [...(bytes.length < 32 ? [0xa0 | bytes.length] : [0xdb, ...uint32(bytes.length)]), ...bytes];
  }
  if (Array.isArray(value))
    return [0xdd, ...uint32(value.length), ...value.flatMap((item: Sendable) => toMessagePack(item))];
  if (value instanceof Uint8Array) return [0xc6, ...uint32(value.length), ...value];
  if (value instanceof Timestamp) {
    const view = new DataView(new ArrayBuffer(12));
    view.setUint32(0, value.nanoseconds);
    view.setBigInt64(4, BigInt(value.seconds));
    return [0xc7, 12, 0xff, ...new Uint8Array(view.buffer)];
  }
  const entries = entriesOf(value);
  return [
    ...(entries.length < 16 ? [0x80 | entries.length] : [0xdf, ...uint32(entries.length)]),
    ...entries.flatMap(([key, item]) => [...toMessagePack(key), ...toMessagePack(item)]),
  ];
}

function entriesOf(value: object): [string, Sendable][] {
  const entries =
    value instanceof Map
      ? [...(value as Map<string, Sendable>)]
      : Object.entries(value as Record<string, Sendable>);
  return entries.filter(([, item]) => item !== undefined);
}

function integer(value: number): number[] {
  const view = new DataView(new ArrayBuffer(4));
  view.setInt32(0, value);
  return value >= 0 && value < 128 ? [value] : [0xd2, ...new Uint8Array(view.buffer)];
}

function double(value: number): number[] {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return [0xcb, ...new Uint8Array(view.buffer)];
}

function uint32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}
