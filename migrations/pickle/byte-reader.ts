import { maximumIntegerDigits } from "../../src/protocol/index.js";
import { PickleError } from "./pickle-error.js";

/** Nothing longer can be an integer of the digits that are allowed. */
const maximumIntegerBytes = Math.ceil((maximumIntegerDigits * Math.log2(10) + 1) / 8);
const integerBound = 10n ** BigInt(maximumIntegerDigits);

/** Reads the parts of a pickle's opcodes; a length is never believed before the bytes are there. */
export class PickleReader {
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

  /** A float, the one number that pickles hold with its highest byte first. */
  readFloat64(): number {
    return this.#view.getFloat64(this.#advance(8));
  }

  /** Bytes of the pickle itself, not a copy. */
  readBytes(length: number): Uint8Array {
    const start = this.#advance(length);
    return this.bytes.subarray(start, start + length);
  }

  /** The bytes up to the next line feed, which is passed over. */
  readLine(): Uint8Array {
    const end = this.bytes.indexOf(0x0a, this.#position);
    if (end === -1) throw new PickleError("it breaks off");
    const line = this.bytes.subarray(this.#position, end);
    this.#position = end + 1;
    return line;
  }

  /** A whole number of any size in its lowest bytes first, negative where the highest bit is set. */
  readLong(length: number): number | bigint {
    if (length < 0) throw new PickleError("it gives a number a negative length");
    if (length > maximumIntegerBytes) throw tooLong();
    const bytes = this.readBytes(length);
    if (length === 0) return 0;
    let digits = "0x";
    for (let index = length - 1; index >= 0; index -= 1) {
      digits += (bytes[index] ?? 0).toString(16).padStart(2, "0");
    }
    return bounded(BigInt.asIntN(8 * length, BigInt(digits)));
  }

  #advance(length: number): number {
    const start = this.#position;
    if (start + length > this.bytes.length) throw new PickleError("it breaks off");
    this.#position += length;
    return start;
  }
}

/**
 * The whole number that a line of protocol 0 says.
 *
 * @throws PickleError for what is none.
 */
export function parseInteger(text: string): number | bigint {
  const [, digits] = /^[ \t]*([+-]?[0-9]+)[ \t\r]*$/.exec(text.slice(0, maximumIntegerDigits + 16)) ?? [];
  if (text.length > maximumIntegerDigits + 16) throw tooLong();
  if (digits === undefined) throw new PickleError("it holds a number that cannot be read");
  return bounded(BigInt(digits.replace("+", "")));
}

function bounded(value: bigint): number | bigint {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  if (value >= integerBound || value <= -integerBound) throw tooLong();
  return value;
}

function tooLong(): PickleError {
  return new PickleError(`it holds an integer of more than ${maximumIntegerDigits} digits`);
}
