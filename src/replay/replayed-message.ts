import {
  type Coding,
  EncodingError,
  type Value,
  type ValueMap,
  formatJson,
  writeMessagePack,
} from "../protocol/index.js";
import type { FramedMessage } from "../queries/index.js";

/** A message as a replay sends it: `{"seq", "timestamp", "occurred_at", "type", "request"}`, the request with every member that the client sent. */
export function describeMessage(message: FramedMessage): ValueMap {
  const { seq, timestamp, occurred_at: occurredAt, type, request } = message;
  return new Map<string, Value>([
    ["seq", seq],
    ["timestamp", timestamp],
    ["occurred_at", occurredAt],
    ["type", type],
    ["request", request],
  ]);
}

/**
 * Encodes a value as a frame of a replay: JSON with the protocol's tagged forms, or MessagePack. A value that MessagePack cannot
 * represent (an integer beyond 64 bits) becomes JSON in either coding.
 */
export function encodeFrame(value: Value, coding: Coding): string | Uint8Array {
  if (coding === "json") return formatJson(value);
  try {
    return writeMessagePack(value);
  } catch (error) {
    if (error instanceof EncodingError) return formatJson(value);
    throw error;
  }
}
