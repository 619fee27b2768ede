import { Value as Form } from "@sinclair/typebox/value";
import { type Coding, decodeFrame } from "../codec.js";
import { ProtocolError } from "../error.js";
import { isMap } from "../value.js";
import { ClockRequest, maximumProbeBytes } from "./messages.js";

/**
 * Reads a frame as a clock probe.
 *
 * @returns undefined for any other frame, also for a clock probe with a wrong or a further member: `readRequest` says what is wrong with it.
 */
export function readClockProbe(frame: Uint8Array, coding: Coding): ClockRequest | undefined {
  if (frame.length > maximumProbeBytes) return undefined;
  try {
    const probe = decodeFrame(frame, coding);
    if (!isMap(probe) || probe.get("type") !== "clock") return undefined;
    const request = Object.fromEntries(probe);
    return Form.Check(ClockRequest, request) ? request : undefined;
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
