import { EncodingError } from "../error.js";
import { StepMeter, type Steps, complete } from "../steps.js";
import { Timestamp, type Value, type ValueMap } from "../value.js";

/**
 * Writes a value as MessagePack, which `parseMessagePack` reads back to the same value.
 *
 * @throws EncodingError for an integer beyond 64 bits, and text that is not well-formed Unicode.
 */
export function writeMessagePack(value: Value): Uint8Array {
  return complete(writeMessagePackInSteps(value));
}

/** Writes a value as {@link writeMessagePack} does, with pauses. */
export function* writeMessagePackInSteps(value: Value): Steps<Uint8Array> {
  const writer = new Writer();
  // The lists and maps that are not yet written to their end; no call stack, so that writing can pause anywhere.
  const open: Iterator<Value>[] = [[value].values()];
  const meter = new StepMeter();
  for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
    const next = last.next();
    if (next.done === true) {
      open.pop();
      continue;
    }
    const inner = writer.write(next.value);
    if (inner !== undefined) open.push(inner);
    if (meter.isOver(writer.length)) yield;
  }
  return writer.take();
}

/** The values of a map as MessagePack has them: each key, then its item. */
function* flatten(map: ValueMap): Generator<Value, undefined, undefined> {
  for (const [key, item] of map) {
    yield key;
    yield item;
  }
  return undefined;
}

const utf8 = new TextEncoder();

class Writer {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  take(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  get length(): number {
    return this.#length;
  }

  /** Writes a value; of a list or map only its head, and returns the values that follow it. */
  write(value: Value): Iterator<Value> | undefined {
    if (value === null) this.#writeByte(0xc0);
    else if (typeof value === "boolean") this.#writeByte(value ? 0xc3 : 0xc2);
    else if (typeof value === "number") this.#writeNumber(value);
    else if (typeof value === "bigint") this.#writeInteger(value);
    else if (typeof value === "string") this.#writeText(value);
    else if (Array.isArray(value)) {
      this.#writeLength(value.length, { least: 0x90, most: 15, two: 0xdc, four: 0xdd });
      return value.values();
    } else if (value instanceof Uint8Array) {
      this.#writeLength(value.length, { one: 0xc4, two: 0xc5, four: 0xc6 });
      this.#writeBytes(value);
    } else if (value instanceof Timestamp) this.#writeTimestamp(value);
    else {
      this.#writeLength(value.size, { least: 0x80, most: 15, two: 0xde, four: 0xdf });
      return flatten(value);
    }
    return undefined;
  }

  #writeNumber(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      if (value >= 0 && value < 0x80) this.#writeByte(value);
      else if (value < 0 && value >= -0x20) this.#writeByte(0x100 + value);
      else if (value >= -0x8000_0000 && value < 0x8000_0000) {
        const start = this.#begin(0xd2, 4);
        this.#view.setInt32(start, value);
      } else this.#writeInteger(BigInt(value));
    } else {
      const start = this.#begin(0xcb, 8);
      this.#view.setFloat64(start, value);
    }
  }

  #writeInteger(value: bigint): void {
    if (BigInt.asIntN(64, value) === value) {
      const start = this.#begin(0xd3, 8);
      this.#view.setBigInt64(start, value);
    } else if (BigInt.asUintN(64, value) === value) {
      const start = this.#begin(0xcf, 8);
      this.#view.setBigUint64(start, value);
    } else throw new EncodingError("it holds an integer beyond 64 bits together with bytes or timestamps");
  }

  #writeText(text: string): void {
    // UTF-8 has no lone surrogates: they would be read back as U+FFFD.
    if (loneSurrogate.test(text)) {
      throw new EncodingError(
        "it holds text that is not well-formed Unicode together with bytes or timestamps",
      );
    }
    const bytes = utf8.encode(text);
    this.#writeLength(bytes.length, { least: 0xa0, most: 31, one: 0xd9, two: 0xda, four: 0xdb });
    this.#writeBytes(bytes);
  }

  #writeTimestamp({ seconds, nanoseconds }: Timestamp): void {
    const start = this.#begin(0xc7, 14);
    this.#view.setUint8(start, 12);
    this.#view.setInt8(start + 1, -1);
    this.#view.setUint32(start + 2, nanoseconds);
    this.#view.setBigInt64(start + 6, BigInt(seconds));
  }

  /** Writes a length in its shortest form; the head `least` includes lengths up to `most`. */
  #writeLength(
    length: number,
    heads: { least?: number; most?: number; one?: number; two: number; four: number },
  ): void {
    if (heads.least !== undefined && length <= (heads.most ?? 0)) this.#writeByte(heads.least | length);
    else if (heads.one !== undefined && length < 0x100) {
      const start = this.#begin(heads.one, 1);
      this.#view.setUint8(start, length);
    } else if (length < 0x1_0000) {
      const start = this.#begin(heads.two, 2);
      this.#view.setUint16(start, length);
    } else {
      const start = this.#begin(heads.four, 4);
      this.#view.setUint32(start, length);
    }
  }

  #writeBytes(bytes: Uint8Array): void {
    const start = this.#advance(bytes.length);
    this.#bytes.set(bytes, start);
  }

  #writeByte(byte: number): void {
    const start = this.#advance(1);
    this.#bytes[start] = byte;
  }

  /** Writes a head and reserves room after it; returns where the room starts. */
  #begin(head: number, room: number): number {
    const start = this.#advance(1 + room);
    this.#bytes[start] = head;
    return start + 1;
  }

  /** Reserves room, and may replace `#bytes` and `#view`: read them only after this. */
  #advance(length: number): number {
    const start = this.#length;
    this.#length += length;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, 2 * this.#bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return start;
  }
}

const loneSurrogate = /\p{Surrogate}/u;
