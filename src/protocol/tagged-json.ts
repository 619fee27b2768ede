import { ProtocolError } from "./error.js";
import { parseJson } from "./json-reader.js";
import { formatDouble } from "./json-writer.js";
import { Nesting } from "./nesting.js";
import { Timestamp, type Value, type ValueMap, isMap, maximumDepth } from "./value.js";

const tags = ["$bytes", "$number", "$integer", "$timestamp", "$literal"];

/**
 * Writes a value as JSON, with a tag for each value that JSON lacks: `{"$bytes": "<base64>"}`, `{"$number": "NaN"}` (or
 * `"Infinity"`, `"-Infinity"`), `{"$integer": "<digits>"}`, `{"$timestamp": "<ISO 8601>"}`. A map that itself looks like
 * one of these (a tag is its only key) is written as `{"$literal": {…}}`, so no two values share one text.
 */
export function formatJson(value: Value): string {
  if (value === null) return "null";
  if (typeof value === "number") return formatNumber(value);
  if (typeof value === "bigint") return tagged("$integer", value.toString());
  if (typeof value === "string" || typeof value === "boolean") return JSON.stringify(value);
  if (Array.isArray(value)) return formatList(value);
  if (value instanceof Uint8Array) return tagged("$bytes", base64(value));
  if (value instanceof Timestamp) return tagged("$timestamp", value.toISOString());
  return isTagged(value) ? `{"$literal":${formatMap(value)}}` : formatMap(value);
}

function formatList(list: readonly Value[]): string {
  let items = "";
  for (const item of list) items += items === "" ? formatJson(item) : `,${formatJson(item)}`;
  return `[${items}]`;
}

function formatMap(map: ValueMap): string {
  let members = "";
  map.forEach((item, key) => {
    const member = `${JSON.stringify(key)}:${formatJson(item)}`;
    members += members === "" ? member : `,${member}`;
  });
  return `{${members}}`;
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
  return untag(parseJson(text, new Nesting(3 * maximumDepth, Infinity)));
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

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
