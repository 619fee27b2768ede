import { createHash } from "node:crypto";
import { formatUuid } from "../../src/protocol/index.js";
import { type Stored, bytesOf, textOf } from "./stored.js";

/** The UUID namespace of sessions of AEPsych. */
const namespace = Buffer.from("076f9ebe60e241e3b2de73b78ab32a2f", "hex");

/** What identifies a session of AEPsych in every copy of its file. */
export interface SessionMark {
  /** The pickle of the first message; null for a session without messages. */
  readonly message: Stored;
  readonly timestamp: Stored;
  readonly experimentId: Stored;
  readonly participantId: Stored;
}

/** Assigns ids to sessions of AEPsych: a session gets the same id from every copy of its file. */
export class SessionIds {
  readonly #given = new Set<string>();

  /** Assigns a session's id; if several sessions are identical, their ordinals differ. */
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
    .digest();
  return formatUuid(hash, 5);
}
