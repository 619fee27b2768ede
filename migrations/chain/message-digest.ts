import { hash } from "node:crypto";

/** The columns of a message that its digest covers, as they are in its row. */
export interface DigestedMessage {
  readonly seq: number;
  /** `message_id`. */
  readonly id: string;
  /** `message_type`. */
  readonly type: string | null;
  /** `message_contents`: the frame. */
  readonly contents: Uint8Array | null;
  /** `timestamp`: when the message was received. */
  readonly time: string | null;
}

const digestBytes = 32;

/** Where messages of the usual size are put together: a new buffer for each would take as long as the rest. */
const scratch = Buffer.allocUnsafeSlow(16 * 1024);

/** The length that stands for NULL; no text and no frame is as long. */
const lengthOfNull = 0xffffffff;

/** The digest that the first message of a session continues: SHA-256 of `telltale session ` and the session's id. */
export function firstDigest(sessionId: string): string {
  return hash("sha256", `telltale session ${sessionId}`, "hex");
}

/**
 * The digest of a message: SHA-256 over the digest before it in its session, its seq, id, type, frame and time of receipt, in the
 * encoding that docs/PROTOCOL.md describes. A chain of digests shows that nothing before its end was changed.
 *
 * @param previous the digest of the message before, or {@link firstDigest}: 64 hexadecimal digits.
 * @returns 64 hexadecimal digits in lower case.
 */
export function digestMessage(previous: string, message: DigestedMessage): string {
  const { seq, id, type, contents, time } = message;
  // UTF-8 has at most three bytes for each unit of a text.
  const texts = id.length + (type?.length ?? 0) + (time?.length ?? 0);
  const mostBytes = digestBytes + 4 * 5 + 3 * texts + (contents?.length ?? 0);
  const bytes = mostBytes > scratch.length ? Buffer.allocUnsafe(mostBytes) : scratch;
  bytes.write(previous, 0, "hex");
  let end = bytes.writeUInt32BE(seq, digestBytes);
  end = writeText(bytes, end, id);
  end = writeText(bytes, end, type);
  end = bytes.writeUInt32BE(contents?.length ?? lengthOfNull, end);
  if (contents !== null) {
    bytes.set(contents, end);
    end += contents.length;
  }
  end = writeText(bytes, end, time);
  // In one go, which takes a quarter of the time of a hash object.
  return hash("sha256", bytes.subarray(0, end), "hex");
}

function writeText(target: Buffer, start: number, text: string | null): number {
  if (text === null) return target.writeUInt32BE(lengthOfNull, start);
  const length = target.write(text, start + 4);
  target.writeUInt32BE(length, start);
  return start + 4 + length;
}
