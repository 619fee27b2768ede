import { codingOf, decodeFrame } from "./codec.js";
import { ProtocolError } from "./error.js";
import { type Value, equalValues, isMap } from "./value.js";

/**
 * The members that make two frames the same message; `metadata` and `batch`, since a setup's session and a tell's trials are derived
 * from them.
 */
const comparedMembers = ["type", "message", "extra_info", "response", "metadata", "batch"] as const;

/**
 * Whether two frames are the same message, whatever their codings: the compared members are equal by value.
 *
 * A frame that cannot be decoded (a pickle that AEPsych wrote) equals only its own bytes; null (contents that are missing) equals
 * only null.
 */
export function sameContent(one: Uint8Array | null, other: Uint8Array | null): boolean {
  if (one === null || other === null) return one === other;
  if (equalValues(one, other)) return true;
  const [values, others] = [readMembers(one), readMembers(other)];
  if (values === undefined || others === undefined) return false;
  return values.every((value, index) => equalValues(value, others[index]));
}

function readMembers(frame: Uint8Array): (Value | undefined)[] | undefined {
  try {
    const request = decodeFrame(frame, codingOf(frame));
    return isMap(request) ? comparedMembers.map((member) => request.get(member)) : undefined;
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
