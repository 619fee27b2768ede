import { crc32 } from "node:zlib";
import type { OutboxChanges, OutboxMessage, RejectedMessage } from "../client/index.js";

/** The first line of every file. */
const firstLine = "telltale outbox 1\n";
export const header = Buffer.from(firstLine);

/** The contents of a line: one of these members. */
interface Entry {
  readonly added?: WrittenMessage;
  readonly removed?: readonly string[];
  readonly rejected?: WrittenMessage & Omit<RejectedMessage, keyof OutboxMessage>;
  readonly dismissed?: readonly string[];
}

/** A message whose frame is text, or bytes in base64. */
type WrittenMessage = Omit<OutboxMessage, "frame"> & ({ readonly text: string } | { readonly bytes: string });

/** The contents of an outbox file. */
export interface OutboxFileContents {
  /** The waiting messages in their order, with the bytes of each in the file. */
  readonly waiting: Map<string, Kept<OutboxMessage>>;
  readonly rejected: Map<string, Kept<RejectedMessage>>;
  /** Whether the last line is incomplete: the program died while writing it. */
  readonly isTorn: boolean;
  /** The number of other lines that cannot be read. */
  readonly damagedLines: number;
}

export interface Kept<Message> {
  readonly message: Message;
  readonly bytes: number;
}

/** Formats changes as lines to append. */
export function formatChanges({ added, removed, rejected, dismissed }: OutboxChanges): Buffer {
  // A message that is added again moves to the end by that line alone: the file may break off between two lines.
  const again = new Set(added.map(({ id }) => id));
  const gone = removed.filter((id) => !again.has(id));
  return Buffer.concat([
    ...(gone.length > 0 ? [formatLine({ removed: gone })] : []),
    ...(dismissed.length > 0 ? [formatLine({ dismissed })] : []),
    ...added.map(formatAdded),
    ...rejected.map(formatRejected),
  ]);
}

export function formatAdded(message: OutboxMessage): Buffer {
  return formatLine({ added: writeMessage(message) });
}

export function formatRejected(message: RejectedMessage): Buffer {
  const { code, reason, stored, rejectedAt } = message;
  return formatLine({ rejected: { ...writeMessage(message), code, reason, stored, rejectedAt } });
}

/** Reads a file; undefined if it is not an outbox. A file without a complete first line is an empty outbox. */
export function readOutboxFile(file: Buffer): OutboxFileContents | undefined {
  const start = file.subarray(0, header.length);
  if (!header.subarray(0, start.length).equals(start)) return undefined;
  const contents = { waiting: new Map(), rejected: new Map(), isTorn: start.length < header.length };
  let damagedLines = 0;
  for (let at = header.length; at < file.length;) {
    const end = file.indexOf(0x0a, at);
    if (end === -1) return { ...contents, isTorn: true, damagedLines };
    const entry = readLine(file.subarray(at, end));
    if (entry === undefined) damagedLines += 1;
    else apply(contents, entry, end + 1 - at);
    at = end + 1;
  }
  return { ...contents, damagedLines };
}

function apply(
  { waiting, rejected }: Pick<OutboxFileContents, "waiting" | "rejected">,
  entry: Entry,
  bytes: number,
): void {
  for (const id of entry.removed ?? []) waiting.delete(id);
  for (const id of entry.dismissed ?? []) rejected.delete(id);
  if (entry.added !== undefined) {
    const message = readMessage(entry.added);
    waiting.delete(message.id);
    waiting.set(message.id, { message, bytes });
  }
  if (entry.rejected !== undefined) {
    const { code, reason, stored, rejectedAt } = entry.rejected;
    const message = { ...readMessage(entry.rejected), code, reason, stored, rejectedAt };
    waiting.delete(message.id);
    rejected.set(message.id, { message, bytes });
  }
}

/** A line: the CRC-32 of its JSON in eight hexadecimal digits, a space, the JSON. */
function formatLine(entry: Entry): Buffer {
  const json = Buffer.from(JSON.stringify(entry));
  return Buffer.concat([Buffer.from(`${checksum(json)} `), json, Buffer.from("\n")]);
}

function readLine(line: Buffer): Entry | undefined {
  const json = line.subarray(9);
  return line.toString("latin1", 0, 9) === `${checksum(json)} `
    ? (JSON.parse(json.toString()) as Entry)
    : undefined;
}

function checksum(json: Buffer): string {
  return crc32(json).toString(16).padStart(8, "0");
}

function writeMessage({ id, session, type, frame }: OutboxMessage): WrittenMessage {
  const contents =
    typeof frame === "string" ? { text: frame } : { bytes: Buffer.from(frame).toString("base64") };
  return { id, session, type, ...contents };
}

function readMessage(written: WrittenMessage): OutboxMessage {
  const { id, session, type } = written;
  const frame = "text" in written ? written.text : new Uint8Array(Buffer.from(written.bytes, "base64"));
  return { id, session, type, frame };
}
