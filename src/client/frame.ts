import {
  type ClockEstimate,
  type ClockReply,
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

/** Appends the member `clock` to the frame of a request that {@link encodeRequest} has made without it. */
export function withClock(frame: string | Uint8Array, clock: ClockEstimate): string | Uint8Array {
  if (typeof frame === "string") return `${frame.slice(0, -1)},"clock":${JSON.stringify(clock)}}`;
  const members = [writeMessagePack("clock"), writeMessagePack(toValue(clock))];
  const [size = 0] = frame;
  // A request has less than 15 members, whose number is in the first byte; one with more keeps its frame.
  if (size < 0x80 || size >= 0x8f) return frame;
  const longer = new Uint8Array(members.reduce((length, { length: more }) => length + more, frame.length));
  longer.set(frame);
  longer[0] = size + 1;
  let at = frame.length;
  for (const bytes of members) {
    longer.set(bytes, at);
    at += bytes.length;
  }
  return longer;
}

/** Decodes a reply; undefined for a frame that is not one. */
export function decodeReply(frame: string | Uint8Array): StoredReply | ErrorReply | ClockReply | undefined {
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

function isReply(reply: unknown): reply is StoredReply | ErrorReply | ClockReply {
  if (typeof reply !== "object" || reply === null || !("ok" in reply)) return false;
  if (reply.ok === true) return "seq" in reply ? typeof reply.seq === "number" : isClockReply(reply);
  return reply.ok === false && "code" in reply && typeof reply.code === "string" && "retry" in reply;
}

function isClockReply(reply: object): boolean {
  const { type, received_at: receivedAt, answered_at: answeredAt } = reply as Record<string, unknown>;
  return type === "clock" && typeof receivedAt === "number" && typeof answeredAt === "number";
}
