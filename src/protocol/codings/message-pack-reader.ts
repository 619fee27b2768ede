import { DecodingBudget, decodedBytes } from "./decoding-budget.js";
import { ProtocolError } from "../error.js";
import { StepMeter, type Steps, complete } from "../steps.js";
import { Timestamp, type Value, type ValueMap } from "../value.js";

/**
 * Reads one MessagePack value that fills `bytes` to the last byte. Map keys must be strings; the timestamp (−1) is the only
 * extension type that is supported. docs/decisions/0002-codecs.md says why msgpackr does not do this.
 *
 * @throws ProtocolError `malformed` for bytes that are not MessagePack, `invalid` for a value that is nested too deeply, `too_costly`
 * for one of too many values.
 */
export function parseMessagePack(bytes: Uint8Array, budget = new DecodingBudget("arriving")): Value {
  return complete(parseMessagePackInSteps(bytes, budget));
}

/** Reads one MessagePack value as {@link parseMessagePack} does, with pauses. */
export function parseMessagePackInSteps(
  bytes: Uint8Array,
  budget = new DecodingBudget("arriving"),
): Steps<Value> {
  return new Reader(bytes, budget).read();
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The limit of JavaScript dates, in seconds before and after 1970. */
const maximumSeconds = 8_640_000_000_000;

/** A list or map with items still to read. */
interface Open {
  readonly container: Value[] | ValueMap;
  /** The key of the next value of a map; undefined when the key is read next. */
  key: string | undefined;
  left: number;
}

class Reader {
  #position = 0;
  readonly #view: DataView;
  /** The lists and maps around the position, outermost first: no call stack, so that reading can pause anywhere. */
  readonly #open: Open[] = [];

  constructor(
    readonly bytes: Uint8Array,
    readonly budget: DecodingBudget,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  *read(): Steps<Value> {
    for (const meter = new StepMeter(); ;) {
      if (meter.isOver(this.#position)) yield;
      const begun = this.#begin();
      if (begun === undefined) continue;
      const value = this.#end(begun);
      if (value === undefined) continue;
      if (this.#position < this.bytes.length) throw malformed("bytes after the message");
      return value;
    }
  }

  /** Puts a value into its list or map, and ends those that are complete; returns the outermost value once that is. */
  #end(inner: Value): Value | undefined {
    for (let value = inner; ;) {
      const open = this.#open.at(-1);
      if (open === undefined) return value;
      const { container } = open;
      if (Array.isArray(container)) container.push(value);
      else if (open.key === undefined) {
        if (typeof value !== "string") throw malformed("a map key that is not a string");
        this.budget.reserve(decodedBytes.member);
        open.key = value;
        return undefined;
      } else {
        container.set(open.key, value);
        open.key = undefined;
      }
      open.left -= 1;
      if (open.left > 0) return undefined;
      this.#open.pop();
      value = container;
    }
  }

  // Lists and maps grow as their items are read: a false length allocates nothing.
  #beginList(length: number): Value[] | undefined {
    this.budget.enter(this.#open.length + 1, decodedBytes.list);
    const container: Value[] = [];
    if (length === 0) return container;
    this.#open.push({ container, key: undefined, left: length });
    return undefined;
  }

  #beginMap(length: number): ValueMap | undefined {
    this.budget.enter(this.#open.length + 1, decodedBytes.map);
    const container: ValueMap = new Map();
    if (length === 0) return container;
    this.#open.push({ container, key: undefined, left: length });
    return undefined;
  }

  /** Reads a value; undefined after the begin of a list or map that has items. */
  #begin(): Value | undefined {
    const head = this.#readUnsigned(1);
    if (head >= 0x80 && head < 0x90) return this.#beginMap(head & 0x0f);
    if (head >= 0x90 && head < 0xa0) return this.#beginList(head & 0x0f);
    if (head === 0xdc) return this.#beginList(this.#readUnsigned(2));
    if (head === 0xdd) return this.#beginList(this.#readUnsigned(4));
    if (head === 0xde) return this.#beginMap(this.#readUnsigned(2));
    if (head === 0xdf) return this.#beginMap(this.#readUnsigned(4));
    this.budget.count(decodedBytes.scalar);
    return this.#readScalar(head);
  }

  #readScalar(head: number): Value {
    if (head < 0x80) return head;
    if (head >= 0xe0) return head - 0x100;
    if (head < 0xc0) return this.#readString(head & 0x1f);
    switch (head) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
        return this.#copyBytes(this.#readUnsigned(1));
      case 0xc5:
        return this.#copyBytes(this.#readUnsigned(2));
      case 0xc6:
        return this.#copyBytes(this.#readUnsigned(4));
      case 0xc7:
        return this.#readExtension(this.#readUnsigned(1));
      case 0xc8:
        return this.#readExtension(this.#readUnsigned(2));
      case 0xc9:
        return this.#readExtension(this.#readUnsigned(4));
      case 0xca:
        return this.#view.getFloat32(this.#advance(4));
      case 0xcb:
        return this.#view.getFloat64(this.#advance(8));
      case 0xcc:
        return this.#readUnsigned(1);
      case 0xcd:
        return this.#readUnsigned(2);
      case 0xce:
        return this.#readUnsigned(4);
      case 0xcf:
        return numberWhereExact(this.#view.getBigUint64(this.#advance(8)));
      case 0xd0:
        return this.#view.getInt8(this.#advance(1));
      case 0xd1:
        return this.#view.getInt16(this.#advance(2));
      case 0xd2:
        return this.#view.getInt32(this.#advance(4));
      case 0xd3:
        return numberWhereExact(this.#view.getBigInt64(this.#advance(8)));
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#readExtension(1 << (head - 0xd4));
      case 0xd9:
        return this.#readString(this.#readUnsigned(1));
      case 0xda:
        return this.#readString(this.#readUnsigned(2));
      case 0xdb:
        return this.#readString(this.#readUnsigned(4));
      default:
        throw malformed("a byte that starts no value");
    }
  }

  #readString(length: number): string {
    const bytes = this.#readBytes(length);
    this.budget.reserve(decodedBytes.text + length);
    if (length < 24) {
      let text = "";
      for (let index = 0; index < length; index += 1) {
        const byte = bytes[index] ?? 0;
        if (byte >= 0x80) return decodeText(bytes);
        text += String.fromCharCode(byte);
      }
      return text;
    }
    return decodeText(bytes);
  }

  #readExtension(length: number): Timestamp {
    const type = this.#view.getInt8(this.#advance(1));
    const start = this.#advance(length);
    if (type !== -1) throw malformed(`an extension of type ${type} (only timestamps, -1, are supported)`);
    if (length === 4) return timestamp(BigInt(this.#view.getUint32(start)), 0);
    if (length === 8) {
      const packed = this.#view.getBigUint64(start);
      return timestamp(packed & 0x3_ffff_ffffn, Number(packed >> 34n));
    }
    if (length === 12) return timestamp(this.#view.getBigInt64(start + 4), this.#view.getUint32(start));
    throw malformed("a timestamp of the wrong length");
  }

  /** Copies bytes out of the frame: a view would keep the whole frame in memory. */
  #copyBytes(length: number): Uint8Array {
    const bytes = this.#readBytes(length);
    this.budget.reserve(decodedBytes.bytes + length);
    return new Uint8Array(bytes);
  }

  #readBytes(length: number): Uint8Array {
    const start = this.#advance(length);
    return this.bytes.subarray(start, start + length);
  }

  #readUnsigned(size: 1 | 2 | 4): number {
    const start = this.#advance(size);
    if (size === 1) return this.#view.getUint8(start);
    return size === 2 ? this.#view.getUint16(start) : this.#view.getUint32(start);
  }

  #advance(length: number): number {
    const start = this.#position;
    if (start + length > this.bytes.length) throw malformed("an early end");
    this.#position += length;
    return start;
  }
}

function numberWhereExact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function timestamp(seconds: bigint, nanoseconds: number): Timestamp {
  const whole = Number(seconds);
  if (Math.abs(whole) >= maximumSeconds || nanoseconds > 999_999_999)
    throw malformed("an impossible timestamp");
  return new Timestamp(whole, nanoseconds);
}

function decodeText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw malformed("text that is not UTF-8");
  }
}

function malformed(what: string): ProtocolError {
  return new ProtocolError(
    "malformed",
    `The binary frame is not valid MessagePack: it has ${what}. Send JSON in text frames.`,
  );
}
