import type { Steps } from "./steps.js";

// A multiple of three bytes becomes base64 without padding, so that the parts can be joined.
const bytesPerPart = 3 * 16 * 1024;
const charactersPerPart = (bytesPerPart / 3) * 4;
const padding = "=".charCodeAt(0);
const alphabet = Uint8Array.from(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
  (character) => character.charCodeAt(0),
);
const ascii = new TextDecoder();

/** Faster than `btoa`, which takes a text of one character a byte: 0.1 s for 16 MiB in place of 1.2 s. */
export function encodeBase64(bytes: Uint8Array): string {
  const text = new Uint8Array(Math.ceil(bytes.length / 3) * 4).fill(padding);
  for (let index = 0, place = 0; index < bytes.length; index += 3, place += 4) {
    const left = bytes.length - index;
    const bits = ((bytes[index] ?? 0) << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0);
    text[place] = alphabet[bits >> 18] ?? 0;
    text[place + 1] = alphabet[(bits >> 12) & 0x3f] ?? 0;
    if (left > 1) text[place + 2] = alphabet[(bits >> 6) & 0x3f] ?? 0;
    if (left > 2) text[place + 3] = alphabet[bits & 0x3f] ?? 0;
  }
  return ascii.decode(text);
}

/** Encodes bytes in parts that together are their base64. */
export function* encodeBase64InParts(bytes: Uint8Array): Generator<string, undefined, undefined> {
  for (let start = 0; start < bytes.length; start += bytesPerPart)
    yield encodeBase64(bytes.subarray(start, start + bytesPerPart));
  return undefined;
}

/** Decodes base64 with its padding, with pauses; undefined for text that is not base64. */
export function* decodeBase64InSteps(text: string): Steps<Uint8Array | undefined> {
  if (text.length % 4 !== 0) return undefined;
  const padded = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padded);
  let length = 0;
  for (let start = 0; start < text.length; start += charactersPerPart) {
    if (start > 0) yield;
    const part = text.slice(start, start + charactersPerPart);
    const isLast = start + charactersPerPart >= text.length;
    // atob ignores blanks, and takes text without padding.
    if (!(isLast ? /^[A-Za-z0-9+/]*={0,2}$/ : /^[A-Za-z0-9+/]*$/).test(part)) return undefined;
    const characters = atob(part);
    for (let index = 0; index < characters.length; index += 1, length += 1)
      bytes[length] = characters.charCodeAt(index);
  }
  return bytes;
}
