import { DecodingBudget } from "./decoding-budget.js";
import { ProtocolError } from "./error.js";
import { parseJson } from "./json-reader.js";
import { formatDouble } from "./json-writer.js";
import { type Steps, complete, valuesPerStep } from "./steps.js";
import { Timestamp, type Value, type ValueMap, isMap, maximumDepth } from "./value.js";

const tags = ["$bytes", "$number", "$integer", "$timestamp", "$literal"];

/**
 * Writes a value as JSON, with a tag for each value that JSON lacks: `{"$bytes": "<base64>"}`, `{"$number": "NaN"}` (or
 * `"Infinity"`, `"-Infinity"`), `{"$integer": "<digits>"}`, `{"$timestamp": "<ISO 8601>"}`. A map that itself looks like
 * one of these (a tag is its only key) is written as `{"$literal": {…}}`, so no two values share one text.
 */
export function formatJson(value: Value): string {
  return complete(formatJsonInSteps(value));
}

/**
 * Writes a value as {@link formatJson} does, with pauses.
 *
 * @throws ProtocolError `too_costly` if the text becomes longer than `maximumCharacters`.
 */
export function* formatJsonInSteps(value: Value, maximumCharacters = Infinity): Steps<string> {
  // Lists and maps that are not yet written to their end; no call stack, so that writing can pause anywhere.
  const open: OpenContainer[] = [];
  // Joined text is flat; text that is added bit by bit keeps an object for every bit.
  const parts: string[] = [];
  let pieces: string[] = [];
  let characters = 0;
  let next: Value | undefined = value;
  for (let count = 1; next !== undefined; count += 1) {
    const piece = begin(next, open);
    characters += piece.length;
    pieces.push(piece);
    next = undefined;
    while (next === undefined) {
      const container = open.at(-1);
      if (container === undefined) break;
      const entry = container.entries.next();
      if (entry.done === true) {
        pieces.push(container.end);
        characters += container.end.length;
        open.pop();
        continue;
      }
      const [key, item] = container.isMap
        ? (entry.value as [string, Value])
        : [undefined, entry.value];
      const comma = container.isEmpty ? "" : ",";
      container.isEmpty = false;
      const head = key === undefined ? comma : `${comma}${JSON.stringify(key)}:`;
      characters += head.length;
      pieces.push(head);
      next = item;
    }
    if (characters > maximumCharacters) {
      throw new ProtocolError(
        "too_costly",
        `A part of the message would take more than ${maximumCharacters} characters as JSON; split it.`,
      );
    }
    if (count % valuesPerStep === 0) {
      parts.push(pieces.join(""));
      pieces = [];
      yield;
    }
  }
  parts.push(pieces.join(""));
  return parts.length === 1 ? (parts[0] ?? "") : parts.join("");
}

/** A list or map whose begin is written. */
interface OpenContainer {
  readonly entries: Iterator<Value | [string, Value]>;
  readonly isMap: boolean;
  readonly end: string;
  isEmpty: boolean;
}

/** The text of a value; of a list or map only its begin, which is then open. */
function begin(value: Value, open: OpenContainer[]): string {
  if (value === null) return "null";
  if (typeof value === "number") return formatNumber(value);
  if (typeof value === "bigint") return tagged("$integer", value.toString());
  if (typeof value === "string" || typeof value === "boolean") return JSON.stringify(value);
  if (value instanceof Uint8Array) return tagged("$bytes", base64(value));
  if (value instanceof Timestamp) return tagged("$timestamp", value.toISOString());
  if (Array.isArray(value)) {
    open.push({ entries: value.values(), isMap: false, end: "]", isEmpty: true });
    return "[";
  }
  const isLiteral = isTagged(value);
  open.push({ entries: value.entries(), isMap: true, end: isLiteral ? "}}" : "}", isEmpty: true });
  return isLiteral ? '{"$literal":{' : "{";
}

function formatNumber(value: number): string {
  return Number.isFinite(value) ? formatDouble(value) : tagged("$number", String(value));
}

function tagged(tag: string, text: string): string {
  return `{"${tag}":${JSON.stringify(text)}}`;
}

function isTagged(map: ValueMap): boolean {
  return map.size === 1 && tags.some((tag) => map.has(tag));
}

/**
 * Reads a value that {@link formatJson} wrote.
 *
 * @throws ProtocolError `malformed` for text that it cannot have written.
 */
export function parseTaggedJson(text: string): Value {
  // Tags add levels and objects, so every value that fits in a frame is within these limits.
  return untag(parseJson(text, new DecodingBudget(3 * maximumDepth, false)));
}

function untag(value: Value): Value {
  if (Array.isArray(value)) return value.map(untag);
  if (!isMap(value)) return value;
  const [entry] = value;
  if (entry === undefined || !isTagged(value)) return untagMembers(value);
  const [tag, content] = entry;
  if (tag === "$literal" && isMap(content)) return untagMembers(content);
  const untagged = typeof content === "string" ? readTagged(tag, content) : undefined;
  if (untagged === undefined)
    throw new ProtocolError("malformed", `A ${tag} in the JSON text cannot be read.`);
  return untagged;
}

function readTagged(tag: string, text: string): Value | undefined {
  if (tag === "$number" && ["NaN", "Infinity", "-Infinity"].includes(text)) return Number(text);
  if (tag === "$integer" && /^-?[0-9]+$/.test(text)) return BigInt(text);
  if (tag === "$bytes" && /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0) {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  }
  const [, whole = "", nanoseconds = ""] = /^(.*)\.([0-9]{9})Z$/.exec(text) ?? [];
  const seconds = Date.parse(`${whole}Z`) / 1000;
  return tag !== "$timestamp" || Number.isNaN(seconds)
    ? undefined
    : new Timestamp(seconds, Number(nanoseconds));
}

function untagMembers(map: ValueMap): ValueMap {
  return new Map([...map].map(([key, item]) => [key, untag(item)]));
}

// A multiple of three bytes becomes base64 without padding, so that the parts can be joined.
const base64Bytes = 3 * 4096;

function base64(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let start = 0; start < bytes.length; start += base64Bytes)
    parts.push(btoa(String.fromCharCode(...bytes.subarray(start, start + base64Bytes))));
  return parts.join("");
}
