import { ProtocolError, type Value, parseTaggedJson } from "../protocol/index.js";

/** The value of a column that holds JSON; where someone has written something else there, that text. */
export function readStoredJson(text: string | null | undefined): Value {
  if (text == null) return null;
  try {
    return parseTaggedJson(text);
  } catch (error) {
    if (error instanceof ProtocolError) return text;
    throw error;
  }
}
