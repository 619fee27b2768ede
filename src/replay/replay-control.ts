import { type Coding, ProtocolError, type Value, decodeFrame, isMap } from "../protocol/index.js";
import { ReplayError } from "./replay-error.js";
import { checkSpeed } from "./speed.js";

/** A control message: what a client asks a replay to do. */
export type ReplayControl =
  | { readonly type: "pause" }
  | { readonly type: "resume" }
  /** @see Replay.seek */
  | { readonly type: "seek"; readonly target: string }
  | { readonly type: "speed"; readonly speed: number };

/**
 * Reads a control message.
 *
 * @throws ReplayError `malformed` or `invalid`.
 */
export function readReplayControl(frame: Uint8Array, coding: Coding): ReplayControl {
  const control = decode(frame, coding);
  const type = isMap(control) ? control.get("type") : undefined;
  if (!isMap(control) || typeof type !== "string") {
    throw new ReplayError("invalid", 'A control message must be an object with a `type`: {"type": "pause"}.');
  }
  switch (type) {
    case "pause":
    case "resume":
      return { type };
    case "seek":
      return { type, target: readTarget(control.get("seq"), control.get("time")) };
    case "speed": {
      const speed = control.get("speed");
      if (typeof speed !== "number" && speed !== "max") {
        throw new ReplayError(
          "invalid",
          'The `speed` of a control message must be a number above 0 or "max".',
        );
      }
      return { type, speed: speed === "max" ? Infinity : checkSpeed(speed) };
    }
    default:
      throw new ReplayError(
        "invalid",
        "The `type` of a control message must be pause, resume, seek or speed.",
      );
  }
}

function decode(frame: Uint8Array, coding: Coding): Value {
  try {
    return decodeFrame(frame, coding);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new ReplayError("malformed", error.message);
  }
}

function readTarget(seq: Value | undefined, time: Value | undefined): string {
  if (time === undefined && typeof seq === "number" && Number.isSafeInteger(seq) && seq >= 1)
    return String(seq);
  // Text of digits would be read as a seq.
  if (seq === undefined && typeof time === "string" && !/^-?\d+$/.test(time)) return time;
  throw new ReplayError(
    "invalid",
    "A seek must have either a `seq`, a whole number from 1, or a `time`, ISO 8601.",
  );
}
