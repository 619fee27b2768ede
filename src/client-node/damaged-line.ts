import type { MissingMessage } from "../client/index.js";
import { type Entry, readLine } from "./outbox-line.js";

/** The beginning of a line. Inside a line's JSON these quotes would be escaped. */
const lineStart = /[0-9a-f]{8}(?: \{|--)"(?:added|removed|rejected|dismissed|suspected)":/g;

/** How much of a damaged line to search for the message that it held: a frame can be long. */
const searchedBytes = 1000;

/** Reads the lines that a damaged newline made one; undefined if not all of them can be read. */
export function readJoinedLines(line: Buffer): Entry[] | undefined {
  // Latin-1 has one character for each byte, so that places in the text are places in the line.
  const starts = [...line.toString("latin1").matchAll(lineStart)].map(({ index }) => index);
  const entries = starts.map((start, place) => {
    const next = starts[place + 1];
    return readLine(line.subarray(start, next === undefined ? line.length : next - 1));
  });
  // The last line may end in its damaged newline.
  const last = starts.at(-1);
  if (last !== undefined) entries.push(entries.pop() ?? readLine(line.subarray(last, line.length - 1)));
  const read = entries.filter((entry) => entry !== undefined);
  return starts[0] === 0 && read.length === starts.length ? read : undefined;
}

/** The message that a damaged line held, as far as it can be read; undefined if the line held none. */
export function findMissingMessage(line: Buffer): MissingMessage | undefined {
  const text = line.toString("utf8", 0, searchedBytes);
  const members = ["id", "session", "type"].flatMap((name) => {
    const value = new RegExp(`"${name}":"([^"\\\\]+)"`).exec(text)?.[1];
    return value === undefined ? [] : [[name, value] as const];
  });
  if (members.length === 0 && /^.{8,10}\{"[^"]*":\[/.test(text)) return undefined;
  return Object.fromEntries(members);
}
