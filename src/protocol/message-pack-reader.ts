import { ProtocolError } from "./error.js";
import { Nesting } from "./nesting.js";
import { Timestamp, type Value, type ValueMap } from "./value.js";

/**
 * Reads one MessagePack value that fills `bytes` to the last byte. Map keys must be strings; the timestamp (−1) is the only
 * extension type that is supported. docs/decisions/0002-codecs.md says why msgpackr does not do this.
 *
 * @throws ProtocolError `malformed` for bytes that are not MessagePack, `invalid` for a value that is nested too deeply.
 */
export function parseMessagePack(bytes: Uint8Array): Value {
  const reader = new Reader(bytes);
  const value = reader.readValue(0);
  reader.expectEnd();
  return value;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The limit of JavaScript dates, in seconds before and after 1970. */
const maximumSeconds = 8_640_000_000_000;

class Reader {
  #position = 0;
  readonly #nesting = new Nesting();
  readonly #view: DataView;

  constructor(readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  readValue(depth: number): Value {
    const head = this.#readUnsigned(1);
    if (head < 0x80) return head;
    if (head < 0x90) return this.#readMap(head & 0x0f, depth + 1);
    if (head < 0xa0) return this.#readList(head & 0x0f, depth + 1);
    if (head < 0xc0) return this.#readString(head & 0x1f);
    if (head >= 0xe0) return head - 0x100;
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
      case 0xdc:
        return this.#readList(this.#readUnsigned(2), depth + 1);
      case 0xdd:
        return this.#readList(this.#readUnsigned(4), depth + 1);
      case 0xde:
        return this.#readMap(this.#readUnsigned(2), depth + 1);
      case 0xdf:
        return this.#readMap(this.#readUnsigned(4), depth + 1);
      default:
        throw malformed("a byte that starts no value");
    }
  }

  expectEnd(): void {
    if (this.#position < this.bytes.length) throw malformed("bytes after the message");
  }

  // Lists and maps grow as their items are read: a false length allocates nothing.
  #readList(length: number, depth: number): Value[] {
    this.#nesting.enter(depth);
    const list: Value[] = [];
    for (let index = 0; index < length; index += 1) list.push(this.readValue(depth));
    return list;
  }

  #readMap(length: number, depth: number): ValueMap {
    this.#nesting.enter(depth);
    const map: ValueMap = new Map();
    for (let index = 0; index < length; index += 1) {
      const key = this.readValue(depth);
      if (typeof key !== "string") throw malformed("a map key that is not a string");
      map.set(key, this.readValue(depth));
    }
    return map;
  }

  #readString(length: number): string {
    const bytes = this.#readBytes(length);
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
    return new Uint8Array(this.#readBytes(length));
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
