import { type Coding, type Value, formatJson, writeMessagePack } from "../protocol/index.js";

const utf8 = new TextEncoder();

/**
 * Appends members to the frame of a message and keeps all its other bytes. A new member overrides an existing one of the same name:
 * of equal keys, readers take the last.
 *
 * @param frame the frame of a map.
 * @param members values of plain text, or maps of plain text.
 */
export function withMembers(
  frame: Uint8Array,
  coding: Coding,
  members: readonly (readonly [string, Value])[],
): Uint8Array {
  return coding === "json" ? appendToJson(frame, members) : appendToMessagePack(frame, members);
}

function appendToJson(frame: Uint8Array, members: readonly (readonly [string, Value])[]): Uint8Array {
  const end = frame.lastIndexOf(0x7d);
  const before = frame.subarray(0, end);
  const isEmpty = before.every((byte) => byte !== 0x22);
  const text = members.map(([key, value]) => `${JSON.stringify(key)}:${formatJson(value)}`).join(",");
  return concatenate([before, utf8.encode(`${isEmpty ? "" : ","}${text}}`)]);
}

function appendToMessagePack(frame: Uint8Array, members: readonly (readonly [string, Value])[]): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const first = view.getUint8(0);
  const [size, head] =
    first === 0xde ? [view.getUint16(1), 3] : first === 0xdf ? [view.getUint32(1), 5] : [first & 0x0f, 1];
  const newHead = new Uint8Array(5);
  newHead[0] = 0xdf;
  new DataView(newHead.buffer).setUint32(1, size + members.length);
  const parts = members.flatMap(([key, value]) => [writeMessagePack(key), writeMessagePack(value)]);
  return concatenate([newHead, frame.subarray(head), ...parts]);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
