import { crc32 } from "node:zlib";
import type { OutboxMessage, RejectedMessage } from "../client/index.js";

/** The contents of a line: one of these members. */
export interface Entry {
  readonly added?: WrittenMessage;
  readonly removed?: readonly string[];
  readonly rejected?: WrittenMessage & Omit<RejectedMessage, keyof OutboxMessage>;
  readonly dismissed?: readonly string[];
  /** Ids of waiting messages with their deaths. */
  readonly suspected?: readonly (readonly [id: string, deaths: number])[];
}

/** A message whose frame is text, or bytes in base64. */
export type WrittenMessage = Omit<OutboxMessage, "frame"> &
  ({ readonly text: string } | { readonly bytes: string });

/** The place of {@link removedMark} in a line: behind the checksum. */
export const markOffset = 8;
const mark = Buffer.from(" {");
/**
 * Written over the space and the brace in the line of a message, it removes the message: on a full disk no line can be appended. Two bytes,
 * so that no change of one removes a message.
 */
export const removedMark = Buffer.from("--");

/** A line: the CRC-32 of its JSON in eight hexadecimal digits, a space, the JSON, a newline. */
export function formatLine(entry: Entry): Buffer {
  const json = Buffer.from(JSON.stringify(entry));
  return Buffer.concat([Buffer.from(`${checksum(json)} `), json, Buffer.from("\n")]);
}

/** Reads a line without its newline; undefined if it is damaged. */
export function readLine(line: Buffer): Entry | undefined {
  const found = line.subarray(markOffset, markOffset + mark.length);
  const isRemoved = found.equals(removedMark);
  if (!isRemoved && !found.equals(mark)) return undefined;
  const json = Buffer.concat([mark.subarray(1), line.subarray(markOffset + mark.length)]);
  if (line.toString("latin1", 0, markOffset) !== checksum(json)) return undefined;
  const entry = parse(json);
  const id = isRemoved ? (entry?.added ?? entry?.rejected)?.id : undefined;
  return id === undefined ? entry : { removed: [id], dismissed: [id] };
}

function parse(json: Buffer): Entry | undefined {
  try {
    const entry: unknown = JSON.parse(json.toString());
    return typeof entry === "object" && entry !== null ? entry : undefined;
  } catch {
    return undefined;
  }
}

function checksum(json: Buffer): string {
  return crc32(json).toString(16).padStart(8, "0");
}

export function writeMessage({ id, session, type, frame, deaths }: OutboxMessage): WrittenMessage {
  const contents =
    typeof frame === "string" ? { text: frame } : { bytes: Buffer.from(frame).toString("base64") };
  return { id, session, type, ...contents, ...(deaths === undefined ? {} : { deaths }) };
}

export function readMessage(written: WrittenMessage): OutboxMessage {
  const { id, session, type, deaths } = written;
  const frame = "text" in written ? written.text : new Uint8Array(Buffer.from(written.bytes, "base64"));
  return { id, session, type, frame, ...(deaths === undefined ? {} : { deaths }) };
}
