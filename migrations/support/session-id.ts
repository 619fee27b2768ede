import { createHash } from "node:crypto";
import { type Stored, bytesOf, textOf } from "./stored.js";

/** What marks a UUID as one that was made from a session of AEPsych. */
const namespace = Buffer.from("076f9ebe60e241e3b2de73b78ab32a2f", "hex");

/** What tells a session of AEPsych from others, in every copy of its file. */
export interface SessionMark {
  /** The first message, as AEPsych pickled it; null for a session without messages. */
  readonly message: Stored;
  readonly timestamp: Stored;
  readonly experimentId: Stored;
  readonly participantId: Stored;
}

/** Gives sessions of AEPsych their ids: the same session the same id, whichever copy of the file it is read from. */
export class SessionIds {
  readonly #given = new Set<string>();

  /** The session's id; the second and later ones of sessions that cannot be told apart have their ordinal mixed in. */
  give(mark: SessionMark): string {
    for (let ordinal = 1; ; ordinal += 1) {
      const id = makeId(mark, ordinal);
      if (this.#given.has(id)) continue;
      this.#given.add(id);
      return id;
    }
  }
}

/** A UUID of version 5 (RFC 9562). */
function makeId(mark: SessionMark, ordinal: number): string {
  const texts = [mark.timestamp, mark.experimentId, mark.participantId].map(textOf);
  const hash = createHash("sha1")
    .update(namespace)
    .update(JSON.stringify([...texts, mark.message !== null, ...(ordinal > 1 ? [ordinal] : [])]))
    .update(bytesOf(mark.message) ?? Buffer.alloc(0))
    .digest()
    .subarray(0, 16);
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  return hash.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
