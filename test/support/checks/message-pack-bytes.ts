import { parseMessagePack } from "../../../src/protocol/index.js";

/** Reads a MessagePack frame of these bytes. */
export const parseBytes = (...bytes: number[]) => parseMessagePack(Uint8Array.from(bytes));

/** The bytes of a text. */
export const ascii = (text: string) => [...new TextEncoder().encode(text)];

export const zeros = (length: number) => Array.from({ length }, () => 0);

/** The eight bytes of an integer, the most significant first. */
export function int64(value: bigint): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigInt64(0, value);
  return new Uint8Array(view.buffer);
}
