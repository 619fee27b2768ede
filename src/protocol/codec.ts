import { Packr } from "msgpackr";
import { DecodingBudget, type DecodingLimits } from "./codings/decoding-budget.js";
import { ProtocolError } from "./error.js";
import { writeJson } from "./codings/json-writer.js";
import { parseJsonInSteps } from "./codings/json-reader.js";
import { writeMessagePack } from "./codings/message-pack-writer.js";
import { parseMessagePackInSteps } from "./codings/message-pack-reader.js";
import type { Reply } from "./reply.js";
import { type Steps, complete } from "./steps.js";
import type { Value } from "./value.js";

/** How a frame is coded: a text frame is JSON, a binary frame MessagePack. A reply has the coding of its request. */
export type Coding = "json" | "messagepack";

const utf8 = new TextDecoder("utf-8", { fatal: true });
const utf8Writer = new TextEncoder();
const packr = new Packr({ useRecords: false });

/**
 * Decodes a stored frame, whatever its number of values: messages that an earlier telltale took stay readable.
 *
 * @throws ProtocolError `malformed` or `invalid`.
 */
export function decodeFrame(frame: Uint8Array, coding: Coding): Value {
  return complete(decodeStoredInSteps(frame, coding));
}

/** Decodes a stored frame as {@link decodeFrame} does, with pauses. */
export function decodeStoredInSteps(frame: Uint8Array, coding: Coding): Steps<Value> {
  return decode(frame, coding, "stored");
}

/** Decodes a stored frame in its coding; returns the bytes if it is not a frame but a pickle that could not be read. */
export function readFrame(frame: Uint8Array | null): Value {
  return complete(readFrameInSteps(frame));
}

/** Decodes a frame as {@link readFrame} does, with pauses. */
export function* readFrameInSteps(frame: Uint8Array | null): Steps<Value> {
  if (frame === null) return null;
  try {
    return yield* decodeStoredInSteps(frame, codingOf(frame));
  } catch (error) {
    if (error instanceof ProtocolError) return frame;
    throw error;
  }
}

/**
 * Decodes a frame that arrives, with pauses: a large one takes long.
 *
 * @throws ProtocolError `malformed`, `invalid` or `too_costly`.
 */
export function decodeFrameInSteps(frame: Uint8Array, coding: Coding): Steps<Value> {
  return decode(frame, coding, "arriving");
}

function decode(frame: Uint8Array, coding: Coding, limits: DecodingLimits): Steps<Value> {
  const budget = new DecodingBudget(limits);
  return coding === "json"
    ? parseJsonInSteps(decodeText(frame), budget)
    : parseMessagePackInSteps(frame, budget);
}

/**
 * The coding of a stored frame, which its first byte decides. A message is a map, and no JSON text starts with the bytes that start
 * a map in MessagePack (80–8f, de, df). Nor does it start with those of a list, bytes or a timestamp (all below e0), which
 * {@link encodeValue} writes for values that are not messages. A byte order mark before JSON is ef.
 */
export function codingOf(frame: Uint8Array): Coding {
  const first = frame[0] ?? 0;
  return first >= 0x80 && first < 0xe0 ? "messagepack" : "json";
}

/**
 * Encodes a value as a frame: as MessagePack if it contains bytes or timestamps, otherwise as JSON. `decodeFrame` with the coding
 * from {@link codingOf} reads the same value back, within the limits of frames.
 *
 * @throws EncodingError if a value that needs MessagePack has an integer beyond 64 bits, or text that is not well-formed
 * Unicode.
 */
export function encodeValue(value: Value): Uint8Array {
  const json = writeJson(value);
  return json === undefined ? writeMessagePack(value) : utf8Writer.encode(json);
}

/** Encodes a reply as a frame: text for JSON, bytes for MessagePack. */
export function encodeReply(reply: Reply, coding: Coding): string | Uint8Array {
  return coding === "json" ? JSON.stringify(reply) : packr.pack(reply);
}

function decodeText(frame: Uint8Array): string {
  try {
    return utf8.decode(frame);
  } catch {
    throw new ProtocolError("malformed", "The text frame is not valid JSON: its bytes are not UTF-8.");
  }
}
