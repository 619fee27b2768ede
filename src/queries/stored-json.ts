import { ProtocolError, type Steps, type Value, parseTaggedJsonInSteps } from "../protocol/index.js";

/** The value of a JSON column, read with pauses; its text if another program stored something else there. */
export function* readStoredJson(text: string | null | undefined): Steps<Value> {
  if (text == null) return null;
  try {
    return yield* parseTaggedJsonInSteps(text);
  } catch (error) {
    if (error instanceof ProtocolError) return text;
    throw error;
  }
}
