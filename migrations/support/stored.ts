import { formatJson } from "../../src/protocol/index.js";

/** A value of an old file: SQLite allows any of these in a column of any type. */
export type Stored = null | string | number | boolean | Buffer;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A stored value as text, without loss: bytes that are not UTF-8 in the tagged form of bytes. */
export function textOf(stored: Stored | undefined): string | null {
  if (stored === null || stored === undefined) return null;
  if (!Buffer.isBuffer(stored)) return String(stored);
  try {
    return utf8.decode(stored);
  } catch {
    return formatJson(stored);
  }
}

/** A stored value as bytes, without loss. */
export function bytesOf(stored: Stored | undefined): Buffer | null {
  if (stored === null || stored === undefined) return null;
  return Buffer.isBuffer(stored) ? stored : Buffer.from(String(stored));
}

/** Text without U+0000, which PostgreSQL's text columns refuse. */
export function withoutNul(text: string): string {
  return text.replaceAll("\u0000", "\ufffd");
}

/** Bytes in the type that the drivers bind. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
