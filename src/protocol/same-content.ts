import { codingOf, decodeStoredInSteps } from "./codec.js";
import { ProtocolError } from "./error.js";
import { type Steps, complete } from "./steps.js";
import { type Value, equalValues, equalValuesInSteps, isMap } from "./value.js";

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
  return complete(sameContentInSteps(one, other));
}

/** Compares two frames as {@link sameContent} does, with pauses. */
export function* sameContentInSteps(one: Uint8Array | null, other: Uint8Array | null): Steps<boolean> {
  if (one === null || other === null) return one === other;
  if (equalValues(one, other)) return true;
  const values = yield* readMembers(one);
  const others = yield* readMembers(other);
  if (values === undefined || others === undefined) return false;
  for (const [index, value] of values.entries())
    if (!(yield* equalValuesInSteps(value, others[index]))) return false;
  return true;
}

function* readMembers(frame: Uint8Array): Steps<(Value | undefined)[] | undefined> {
  try {
    const request = yield* decodeStoredInSteps(frame, codingOf(frame));
    return isMap(request) ? comparedMembers.map((member) => request.get(member)) : undefined;
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
