import {
  type ErrorReply,
  type StoredReply,
  parseMessagePack,
  toValue,
  writeJson,
  writeMessagePack,
} from "../protocol/index.js";

/** `"json"` is JSON for every message that JSON can express, and MessagePack for a message with bytes or dates. */
export type FrameCoding = "json" | "messagepack";

/**
 * Encodes a request as a frame: text is JSON, bytes are MessagePack.
 *
 * @throws TypeError and EncodingError for a value that no frame can express.
 */
export function encodeRequest(request: object, coding: FrameCoding): string | Uint8Array {
  const value = toValue(request);
  const text = coding === "json" ? writeJson(value) : undefined;
  return text ?? writeMessagePack(value);
}

/** Decodes a reply; undefined for a frame that is not one. */
export function decodeReply(frame: string | Uint8Array): StoredReply | ErrorReply | undefined {
  try {
    const reply: unknown = typeof frame === "string" ? JSON.parse(frame) : readMap(frame);
    return isReply(reply) ? reply : undefined;
  } catch {
    return undefined;
  }
}

function readMap(frame: Uint8Array): unknown {
  const map = parseMessagePack(frame);
  return map instanceof Map ? Object.fromEntries(map) : undefined;
}

function isReply(reply: unknown): reply is StoredReply | ErrorReply {
  if (typeof reply !== "object" || reply === null || !("ok" in reply)) return false;
  if (reply.ok === true) return "seq" in reply && typeof reply.seq === "number";
  return reply.ok === false && "code" in reply && typeof reply.code === "string" && "retry" in reply;
}
