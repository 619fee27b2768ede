import { maximumIntegerDigits } from "../../src/protocol/index.js";
import { PickleError } from "./pickle-error.js";

/** An integer of more bytes has more digits than are allowed. */
const maximumBytes = Math.ceil((maximumIntegerDigits * Math.log2(10) + 1) / 8);
const bound = 10n ** BigInt(maximumIntegerDigits);

/**
 * Checks the length of an integer in bytes before they are read.
 *
 * @throws PickleError if the length is negative, or the integer would have too many digits.
 */
export function checkIntegerLength(length: number): void {
  if (length < 0) throw new PickleError("it gives a number a negative length");
  if (length > maximumBytes) throw tooLong();
}

/** Decodes an integer from its bytes, the lowest first; it is negative if the highest bit is set. */
export function decodeInteger(bytes: Uint8Array): number | bigint {
  if (bytes.length === 0) return 0;
  let digits = "0x";
  for (let index = bytes.length - 1; index >= 0; index -= 1) {
    digits += (bytes[index] ?? 0).toString(16).padStart(2, "0");
  }
  return bounded(BigInt.asIntN(8 * bytes.length, BigInt(digits)));
}

/**
 * Parses the integer of a line, as protocol 0 writes it.
 *
 * @throws PickleError for text that is not an integer.
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
  if (value >= bound || value <= -bound) throw tooLong();
  return value;
}

function tooLong(): PickleError {
  return new PickleError(`it holds an integer of more than ${maximumIntegerDigits} digits`);
}
