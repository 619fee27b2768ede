import { decodeBase64InSteps, encodeBase64, encodeBase64InParts } from "./base64.js";
import { DecodingBudget } from "./codings/decoding-budget.js";
import { ProtocolError } from "./error.js";
import { parseJsonInSteps } from "./codings/json-reader.js";
import { formatDouble } from "./codings/json-writer.js";
import { StepMeter, type Steps, charactersPerStep, complete } from "./steps.js";
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
  // Joined text is flat; text that is added bit by bit keeps an object for every bit.
  const parts: string[] = [];
  let characters = 0;
  for (const part of formatJsonInParts(value)) {
    if (parts.length > 0) yield;
    parts.push(part);
    characters += part.length;
    if (characters > maximumCharacters) {
      throw new ProtocolError(
        "too_costly",
        `A part of the message would take more than ${maximumCharacters} characters as JSON; split it.`,
      );
    }
  }
  return parts.length === 1 ? (parts[0] ?? "") : parts.join("");
}

/** Writes a value as {@link formatJson} does, in parts that together are the text; each is written when it is asked for. */
export function* formatJsonInParts(value: Value): Generator<string, undefined, undefined> {
  // Lists and maps that are not yet written to their end; no call stack, so that writing can pause anywhere.
  const open: OpenContainer[] = [];
  let pieces: string[] = [];
  let characters = 0;
  let next: Value | undefined = value;
  for (const meter = new StepMeter(); next !== undefined;) {
    if (isLong(next)) {
      yield pieces.join("");
      pieces = [];
      yield* formatLong(next);
    } else {
      const piece = begin(next, open);
      characters += piece.length;
      pieces.push(piece);
    }
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
      const [key, item] = container.isMap ? (entry.value as [string, Value]) : [undefined, entry.value];
      const comma = container.isEmpty ? "" : ",";
      container.isEmpty = false;
      const head = key === undefined ? comma : `${comma}${JSON.stringify(key)}:`;
      characters += head.length;
      pieces.push(head);
      next = item;
    }
    if (meter.isOver(characters)) {
      yield pieces.join("");
      pieces = [];
    }
  }
  yield pieces.join("");
  return undefined;
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
  if (value instanceof Uint8Array) return tagged("$bytes", encodeBase64(value));
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
  return complete(parseTaggedJsonInSteps(text));
}

/** Reads a value as {@link parseTaggedJson} does, with pauses. */
export function* parseTaggedJsonInSteps(text: string): Steps<Value> {
  // Tags add levels and objects, so every value that fits in a frame is within these limits.
  const value = yield* parseJsonInSteps(text, new DecodingBudget("none", 3 * maximumDepth));
  // Most texts have no tags; a key that begins with $ is rare.
  return text.includes('"$') ? yield* untag(value, new StepMeter()) : value;
}

function* untag(value: Value, meter: StepMeter): Steps<Value> {
  if (meter.isOver(0)) yield;
  if (Array.isArray(value)) {
    const list: Value[] = [];
    for (const item of value) list.push(isContainer(item) ? yield* untag(item, meter) : item);
    return list;
  }
  if (!isMap(value)) return value;
  const [entry] = value;
  if (entry === undefined || !isTagged(value)) return yield* untagMembers(value, meter);
  const [tag, content] = entry;
  if (tag === "$literal" && isMap(content)) return yield* untagMembers(content, meter);
  const untagged = typeof content === "string" ? yield* readTagged(tag, content) : undefined;
  if (untagged === undefined)
    throw new ProtocolError("malformed", `A ${tag} in the JSON text cannot be read.`);
  return untagged;
}

function* untagMembers(map: ValueMap, meter: StepMeter): Steps<ValueMap> {
  const members: ValueMap = new Map();
  for (const [key, item] of map) members.set(key, isContainer(item) ? yield* untag(item, meter) : item);
  return members;
}

function isContainer(value: Value): boolean {
  return typeof value === "object" && value !== null;
}

function* readTagged(tag: string, text: string): Steps<Value | undefined> {
  if (tag === "$number" && ["NaN", "Infinity", "-Infinity"].includes(text)) return Number(text);
  if (tag === "$integer" && /^-?[0-9]+$/.test(text)) return BigInt(text);
  if (tag === "$bytes") return yield* decodeBase64InSteps(text);
  const [, whole = "", nanoseconds = ""] = /^(.*)\.([0-9]{9})Z$/.exec(text) ?? [];
  const seconds = Date.parse(`${whole}Z`) / 1000;
  return tag !== "$timestamp" || Number.isNaN(seconds)
    ? undefined
    : new Timestamp(seconds, Number(nanoseconds));
}

/** A text or bytes that would take too long to write in one step. */
function isLong(value: Value): value is string | Uint8Array {
  return (typeof value === "string" || value instanceof Uint8Array) && value.length > charactersPerStep;
}

function* formatLong(value: string | Uint8Array): Generator<string, undefined, undefined> {
  const isText = typeof value === "string";
  yield isText ? '"' : '{"$bytes":"';
  if (!isText) yield* encodeBase64InParts(value);
  for (let start = 0; isText && start < value.length;) {
    const end = endOfPart(value, start);
    yield JSON.stringify(value.slice(start, end)).slice(1, -1);
    start = end;
  }
  yield isText ? '"' : '"}';
  return undefined;
}

/** Where a part of a text ends: never between two surrogates, which would be escaped as lone ones. */
function endOfPart(text: string, start: number): number {
  const end = start + charactersPerStep;
  return /[\uD800-\uDBFF]/.test(text.charAt(end - 1)) ? end - 1 : end;
}
