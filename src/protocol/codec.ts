import { Packr } from "msgpackr";
import { ProtocolError } from "./error.js";
import { parseJson } from "./json.js";
import { parseMessagePack } from "./message-pack.js";
import type { Reply } from "./reply.js";
import type { Value } from "./value.js";

/** How a frame is coded: text frames are JSON, binary frames MessagePack; a reply is coded as its request. */
export type Coding = "json" | "messagepack";

const utf8 = new TextDecoder("utf-8", { fatal: true });
const packr = new Packr({ useRecords: false });

/**
 * The value that a frame says; the one decode of live frames and of stored ones.
 *
 * @throws ProtocolError `malformed` or `invalid`.
 */
export function decodeFrame(frame: Uint8Array, coding: Coding): Value {
  return coding === "json" ? parseJson(decodeText(frame)) : parseMessagePack(frame);
}

/**
 * How the frame of a stored message is coded, told from its first byte. A message is a map, and the bytes that begin a map in
 * MessagePack (80–8f, de, df) begin no JSON text.
 */
export function codingOf(frame: Uint8Array): Coding {
  const first = frame[0] ?? 0;
  return (first & 0xf0) === 0x80 || first === 0xde || first === 0xdf ? "messagepack" : "json";
}

/** A reply as a frame: text for JSON, bytes for MessagePack. */
export function encodeReply(reply: Reply, coding: Coding): string | Uint8Array {
  return coding === "json" ? JSON.stringify(reply) : packr.pack(reply);
}

function decodeText(frame: Uint8Array): string {
  try {
    return utf8.decode(frame);
  } catch {
    throw new ProtocolError("malformed", "The text frame is no JSON: it is not valid UTF-8.");
  }
}
