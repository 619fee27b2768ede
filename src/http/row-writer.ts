import type { TObject } from "@sinclair/typebox";
import { type Value, formatJsonInParts } from "../protocol/index.js";

/** Returns the parts of a row's JSON text, each written when it is asked for. */
export type RowWriter<Row> = (row: Row) => Iterable<string>;

/** Returns a function that writes rows as JSON objects with the members of their schema. */
export function rowWriter(schema: TObject): RowWriter<object> {
  const names = Object.keys(schema.properties);
  return (row) => {
    const values = row as Readonly<Record<string, Value>>;
    return formatJsonInParts(new Map(names.map((name) => [name, values[name] ?? null])));
  };
}
