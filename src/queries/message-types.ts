import { DatabaseError } from "../database/index.js";
import { isMessageType } from "../protocol/index.js";

/**
 * Reads the types of messages to select: each text names one, or several with commas between them.
 *
 * @throws DatabaseError `bad_argument` for a type that no message can have.
 */
export function readMessageTypes(texts: readonly string[]): string[] {
  const types = texts.flatMap((text) => text.split(",")).map((type) => type.trim());
  for (const type of types) {
    if (type === "") throw new DatabaseError("bad_argument", "A message type must not be empty.");
    if (isMessageType(type)) continue;
    throw new DatabaseError(
      "bad_argument",
      `No message has the type ${JSON.stringify(type)}: a type has 1 to 64 characters of a-z, 0-9 and _, starting with a letter.`,
    );
  }
  return types;
}
