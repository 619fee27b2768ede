import type { ErrorReply } from "../protocol/error-reply.js";
import { writeJson } from "../protocol/json-writer.js";
import { writeMessagePack } from "../protocol/message-pack-writer.js";
import { parseMessagePack } from "../protocol/message-pack-reader.js";
import type { StoredReply } from "../protocol/reply.js";
import { toValue } from "../protocol/to-value.js";

/** `"json"` is JSON wherever a message can be said in it, and MessagePack where it holds bytes or dates. */
export type FrameCoding = "json" | "messagepack";

/**
 * A request as a frame: text is JSON, bytes are MessagePack.
 *
 * @throws TypeError and EncodingError for what no frame can say.
 */
export function encodeRequest(request: object, coding: FrameCoding): string | Uint8Array {
  const value = toValue(request);
  const text = coding === "json" ? writeJson(value) : undefined;
  return text ?? writeMessagePack(value);
}

/** The reply that a frame is; undefined for what is none. */
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
