import { digestMessage, firstDigest } from "../../../migrations/chain/message-digest.js";
import type { Cell } from "../../database/index.js";

/** A message's cells that its digest covers, and the digest that it had in the file. */
export interface CopiedMessage {
  readonly message_id: string;
  readonly message_type: string | null;
  readonly message_contents: Uint8Array | null;
  readonly timestamp: string | null;
  /** Its seq in the file. */
  readonly seq: number;
  readonly digest: string | null;
}

/**
 * Chains imported messages to those that the database has of their session, and compares them with the chain of the file. Where both
 * give a message the same digest, it is the digest of its receipt.
 */
export class MessageChain {
  /** Whether all messages have the digests that they had in the file. */
  isAsReceived = true;
  /** The seqs in the file of messages that do not match their digest there: they were changed after their receipt. */
  readonly changed: number[] = [];
  #digest: string;
  #lastOfFile: string | null;

  /**
   * @param digest the session's newest digest in the database; null if it has no messages there.
   * @param lastOfFile the digest in the file of the message before the imported ones; null if there is none.
   */
  constructor(sessionId: string, digest: string | null, lastOfFile: string | null) {
    this.#digest = digest ?? firstDigest(sessionId);
    this.#lastOfFile = lastOfFile ?? firstDigest(sessionId);
  }

  /** The digest of the last message. */
  get digest(): string {
    return this.#digest;
  }

  /**
   * Adds a message and returns its digest.
   *
   * @param cells its id, type, contents and time as they are written.
   * @param seq its seq in the database.
   * @param original the message in the file.
   */
  add(
    [id, type, contents, time]: readonly [Cell, Cell, Cell, Cell],
    seq: number,
    original: CopiedMessage,
  ): string {
    this.#digest = digestMessage(this.#digest, {
      id: String(id),
      type: textOrNull(type),
      contents: contents instanceof Uint8Array ? contents : null,
      time: textOrNull(time),
      seq,
    });
    if (this.#digest !== original.digest) {
      this.isAsReceived = false;
      this.#compare(original);
    }
    this.#lastOfFile = original.digest;
    return this.#digest;
  }

  #compare({
    message_id: id,
    message_type: type,
    message_contents: contents,
    timestamp: time,
    seq,
    digest,
  }: CopiedMessage) {
    if (this.#lastOfFile === null || digest === null) return;
    if (digestMessage(this.#lastOfFile, { seq, id, type, contents, time }) !== digest) this.changed.push(seq);
  }
}

function textOrNull(cell: Cell): string | null {
  return cell === null ? null : String(cell);
}
