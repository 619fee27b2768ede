import {
  type Coding,
  EncodingError,
  type Steps,
  type Value,
  type ValueMap,
  formatJsonInSteps,
  writeMessagePackInSteps,
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
 * Encodes a value as a frame of a replay, with pauses: JSON with the protocol's tagged forms, or MessagePack. A value that MessagePack
 * cannot represent (an integer beyond 64 bits) becomes JSON in either coding.
 */
export function* encodeFrame(value: Value, coding: Coding): Steps<string | Uint8Array> {
  if (coding === "json") return yield* formatJsonInSteps(value);
  try {
    return yield* writeMessagePackInSteps(value);
  } catch (error) {
    if (error instanceof EncodingError) return yield* formatJsonInSteps(value);
    throw error;
  }
}
