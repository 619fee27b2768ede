import { checkIntegerLength, decodeInteger } from "./integers.js";
import { PickleError } from "./pickle-error.js";

/** Reads the arguments of a pickle's opcodes. Checks a length against the bytes that are left, so that a false one allocates nothing. */
export class ByteReader {
  #position = 0;
  readonly #view: DataView;

  constructor(readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#position === this.bytes.length;
  }

  readByte(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  readUint16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  readInt32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  readUint32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  /** A length of eight bytes. */
  readUint64(): number {
    return Number(this.#view.getBigUint64(this.#advance(8), true));
  }

  /** A float, the only number in a pickle with its highest byte first. */
  readFloat64(): number {
    return this.#view.getFloat64(this.#advance(8));
  }

  /** A view of the pickle's bytes, not a copy. */
  readBytes(length: number): Uint8Array {
    const start = this.#advance(length);
    return this.bytes.subarray(start, start + length);
  }

  /** The bytes up to the next line feed; skips the line feed. */
  readLine(): Uint8Array {
    const end = this.bytes.indexOf(0x0a, this.#position);
    if (end === -1) throw new PickleError("it ends too early");
    const line = this.bytes.subarray(this.#position, end);
    this.#position = end + 1;
    return line;
  }

  /** An integer of any size, lowest byte first. */
  readLong(length: number): number | bigint {
    checkIntegerLength(length);
    return decodeInteger(this.readBytes(length));
  }

  #advance(length: number): number {
    const start = this.#position;
    if (start + length > this.bytes.length) throw new PickleError("it ends too early");
    this.#position += length;
    return start;
  }
}
