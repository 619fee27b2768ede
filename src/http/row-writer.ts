import type { TObject } from "@sinclair/typebox";
import { type Value, formatJson } from "../protocol/index.js";

/** Returns a function that writes rows as JSON objects with the members of their schema. */
export function rowWriter(schema: TObject): (row: object) => string {
  const members = Object.keys(schema.properties).map((name) => [name, `${JSON.stringify(name)}:`] as const);
  return (row) => {
    const values = row as Readonly<Record<string, Value>>;
    return `{${members.map(([name, key]) => key + formatJson(values[name] ?? null)).join(",")}}`;
  };
}
