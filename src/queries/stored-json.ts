import { ProtocolError, type Value, parseTaggedJson } from "../protocol/index.js";

/** The value of a JSON column; its text if another program stored something else there. */
export function readStoredJson(text: string | null | undefined): Value {
  if (text == null) return null;
  try {
    return parseTaggedJson(text);
  } catch (error) {
    if (error instanceof ProtocolError) return text;
    throw error;
  }
}
