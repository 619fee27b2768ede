import type { MissingMessage, OutboxChanges, OutboxMessage, RejectedMessage } from "../client/index.js";
import { findMissingMessage, readJoinedLines } from "./damaged-line.js";
import { type Entry, formatLine, readLine, readMessage, writeMessage } from "./outbox-line.js";

/** The first line of every file. */
const firstLine = "telltale outbox 1\n";
export const header = Buffer.from(firstLine);

/** The contents of an outbox file. */
export interface OutboxFileContents {
  /** The waiting messages in their order. */
  readonly waiting: Map<string, Kept<OutboxMessage>>;
  readonly rejected: Map<string, Kept<RejectedMessage>>;
  /** Whether the last line is incomplete: the program died while writing it. */
  readonly isTorn: boolean;
  /** The number of other lines that are not as they were written. */
  readonly damagedLines: number;
  /** The messages of damaged lines, without those that a later line removes. */
  readonly missing: MissingMessage[];
}

export interface Kept<Message> {
  readonly message: Message;
  /** Where its line begins in the file. */
  readonly at: number;
  /** The size of its line. */
  readonly bytes: number;
}

/** One message, or ids, with the line that says so. */
export interface FormattedLine {
  readonly line: Buffer;
  readonly added?: OutboxMessage;
  readonly rejected?: RejectedMessage;
}

/** Formats changes as the bytes to append. */
export function formatChanges(changes: OutboxChanges): Buffer {
  return Buffer.concat(formatLines(changes).map(({ line }) => line));
}

/** Formats changes as lines to append. */
export function formatLines({
  added,
  removed,
  rejected,
  dismissed,
  suspected = [],
}: OutboxChanges): FormattedLine[] {
  // A message that is added again moves to the end by that line alone: the file may break off between two lines.
  const again = new Set(added.map(({ id }) => id));
  const gone = removed.filter((id) => !again.has(id));
  return [
    ...(gone.length > 0 ? [{ line: formatLine({ removed: gone }) }] : []),
    ...(dismissed.length > 0 ? [{ line: formatLine({ dismissed }) }] : []),
    ...added.map((message) => ({ line: formatLine({ added: writeMessage(message) }), added: message })),
    ...rejected.map((message) => ({ line: formatRejected(message), rejected: message })),
    ...(suspected.length > 0
      ? [{ line: formatLine({ suspected: suspected.map(({ id, deaths }) => [id, deaths]) }) }]
      : []),
  ];
}

function formatRejected(message: RejectedMessage): Buffer {
  const { code, reason, stored, rejectedAt } = message;
  return formatLine({ rejected: { ...writeMessage(message), code, reason, stored, rejectedAt } });
}

/**
 * Reads a file; undefined if it is not an outbox. A file without a complete first line is an empty outbox; one whose first line is
 * damaged is an outbox if it has other lines.
 */
export function readOutboxFile(file: Buffer): OutboxFileContents | undefined {
  const start = file.subarray(0, header.length);
  const isDamaged = !header.subarray(0, start.length).equals(start);
  const reader = new OutboxFileReader();
  for (let at = header.length; at < file.length;) {
    const end = file.indexOf(0x0a, at);
    if (end === -1) reader.readLast(file.subarray(at), at);
    else reader.read(file.subarray(at, end), at);
    at = end === -1 ? file.length : end + 1;
  }
  if (isDamaged && !reader.hasEntries) return undefined;
  const { waiting, rejected } = reader;
  return {
    waiting,
    rejected,
    isTorn: reader.isTorn || start.length < header.length,
    damagedLines: reader.damagedLines + (isDamaged ? 1 : 0),
    missing: reader.missing,
  };
}

/** Reads line after line. */
class OutboxFileReader {
  readonly waiting = new Map<string, Kept<OutboxMessage>>();
  readonly rejected = new Map<string, Kept<RejectedMessage>>();
  isTorn = false;
  damagedLines = 0;
  hasEntries = false;
  #missing: MissingMessage[] = [];

  get missing(): MissingMessage[] {
    return this.#missing;
  }

  /** @param at where the line begins in the file. */
  read(line: Buffer, at: number): void {
    const entry = readLine(line);
    if (entry !== undefined) this.#apply(entry, at, line.length + 1);
    else if (!this.#readJoined(line, at)) {
      this.damagedLines += 1;
      const missing = findMissingMessage(line);
      if (missing !== undefined) this.#missing.push(missing);
    }
  }

  /** Reads a line without a newline. One with a byte after its JSON was complete, and has lost its newline. */
  readLast(line: Buffer, at: number): void {
    if (readLine(line) !== undefined || !this.#readJoined(line, at)) this.isTorn = true;
  }

  #readJoined(line: Buffer, at: number): boolean {
    const entries = readJoinedLines(line);
    for (const entry of entries ?? []) this.#apply(entry, at, line.length + 1);
    if (entries !== undefined) this.damagedLines += 1;
    return entries !== undefined;
  }

  #apply(entry: Entry, at: number, bytes: number): void {
    this.hasEntries = true;
    for (const id of entry.removed ?? []) this.#remove(id);
    for (const id of entry.dismissed ?? []) this.rejected.delete(id);
    for (const [id, deaths] of entry.suspected ?? []) {
      const kept = this.waiting.get(id);
      if (kept !== undefined) this.waiting.set(id, { ...kept, message: { ...kept.message, deaths } });
    }
    if (entry.added !== undefined) {
      const message = readMessage(entry.added);
      this.#remove(message.id);
      this.waiting.set(message.id, { message, at, bytes });
    }
    if (entry.rejected !== undefined) {
      const { code, reason, stored, rejectedAt } = entry.rejected;
      const message = { ...readMessage(entry.rejected), code, reason, stored, rejectedAt };
      this.#remove(message.id);
      this.rejected.set(message.id, { message, at, bytes });
    }
  }

  #remove(id: string): void {
    this.waiting.delete(id);
    if (this.#missing.length > 0) this.#missing = this.#missing.filter((one) => one.id !== id);
  }
}
