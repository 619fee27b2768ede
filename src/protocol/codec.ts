import { Packr } from "msgpackr";
import { ProtocolError } from "./error.js";
import { writeJson } from "./json-writer.js";
import { parseJson } from "./tagged-json.js";
import { writeMessagePack } from "./message-pack-writer.js";
import { parseMessagePack } from "./message-pack-reader.js";
import type { Reply } from "./reply.js";
import type { Value } from "./value.js";

/** How a frame is coded: text frames are JSON, binary frames MessagePack; a reply is coded as its request. */
export type Coding = "json" | "messagepack";

const utf8 = new TextDecoder("utf-8", { fatal: true });
const utf8Writer = new TextEncoder();
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
 * MessagePack (80–8f, de, df) begin no JSON text; nor do those that begin a list, bytes or a timestamp (all below e0), which
 * {@link encodeValue} writes for values that are no messages. A byte order mark before JSON is ef.
 */
export function codingOf(frame: Uint8Array): Coding {
  const first = frame[0] ?? 0;
  return first >= 0x80 && first < 0xe0 ? "messagepack" : "json";
}

/**
 * A value as a frame: JSON, and MessagePack only where the value holds bytes or timestamps. `decodeFrame` with the coding that
 * {@link codingOf} tells reads the same value back, as long as it keeps to the bounds of frames.
 *
 * @throws EncodingError for what MessagePack cannot say in a value that needs it: an integer beyond 64 bits, and text that is no
 * well-formed Unicode.
 */
export function encodeValue(value: Value): Uint8Array {
  const json = writeJson(value);
  return json === undefined ? writeMessagePack(value) : utf8Writer.encode(json);
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
