import { PickleError } from "./pickle-error.js";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Decodes text as Python's pickle writes it: UTF-8, with lone surrogates allowed.
 *
 * @throws PickleError for other bytes.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  if (bytes.length < 24) {
    let text = "";
    for (const byte of bytes) {
      if (byte >= 0x80) return decodeWide(bytes);
      text += String.fromCharCode(byte);
    }
    return text;
  }
  return decodeWide(bytes);
}

function decodeWide(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return decodeWithSurrogates(bytes);
  }
}

function decodeWithSurrogates(bytes: Uint8Array): string {
  let text = "";
  let start = 0;
  for (let index = 0; index + 2 < bytes.length; index += 1) {
    // Only the three bytes of a surrogate start with ed a0 to ed bf.
    const [first = 0, second = 0, third = 0] = bytes.subarray(index, index + 3);
    if (first !== 0xed || second < 0xa0 || second > 0xbf || third < 0x80 || third > 0xbf) continue;
    text += decodeStrictly(bytes.subarray(start, index));
    text += String.fromCharCode(0xd000 | ((second & 0x3f) << 6) | (third & 0x3f));
    start = index + 3;
    index += 2;
  }
  return text + decodeStrictly(bytes.subarray(start));
}

function decodeStrictly(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new PickleError("it holds text that is not UTF-8");
  }
}

/** Decodes Latin-1: each byte is the character of that number. */
export function decodeLatin1(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += 8192) {
    text += String.fromCharCode(...bytes.subarray(start, start + 8192));
  }
  return text;
}

/**
 * Encodes Latin-1: each character is the byte of that number.
 *
 * @throws PickleError for a character beyond 255.
 */
export function encodeLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 0xff) throw new PickleError("it holds bytes whose text is not Latin-1");
    bytes[index] = code;
  }
  return bytes;
}

/**
 * Decodes Python's raw-unicode-escape, which protocol 0 uses for text.
 *
 * @throws PickleError for an invalid escape.
 */
export function decodeRawUnicodeEscape(bytes: Uint8Array): string {
  return decodeLatin1(bytes).replace(
    /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([^]))/g,
    (all: string, short?: string, long?: string, other?: string) => {
      const code = parseInt(short ?? long ?? "110000", 16);
      if (other !== undefined && other !== "u" && other !== "U") return all;
      if (code > 0x10ffff) throw new PickleError("it holds text with an escape that cannot be read");
      return String.fromCodePoint(code);
    },
  );
}

/** Formats a float as Python's `json.dumps` writes it as a key. */
export function formatPythonFloat(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Object.is(value, -0)) return "-0.0";
  const [digits = "", exponentText = ""] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 16) {
    const sign = exponent < 0 ? "-" : "+";
    return `${digits}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  // JavaScript uses exponents only below 1e-6, which is handled above.
  const text = String(value);
  return text.includes(".") ? text : `${text}.0`;
}
