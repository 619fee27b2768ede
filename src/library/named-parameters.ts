import { type Cell, DatabaseError } from "../database/index.js";

/** Parts of a statement in which `:name` is not a parameter: texts, quoted names, comments. */
const quoted = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\//.source;
const parameter = /(?<![:\w]):([A-Za-z_]\w*)/.source;

/**
 * Replaces the `:name` parameters of a statement by the engine's placeholders, and lists the values in their order.
 *
 * @param makePlaceholder returns the placeholder of the parameter at an index.
 * @throws DatabaseError `bad_argument` for a parameter without a value, a value without a parameter, or a value of a type that the
 *   engines do not bind.
 */
export function bindNamed(
  sql: string,
  values: Readonly<Record<string, Cell>>,
  makePlaceholder: (index: number) => string,
): { readonly sql: string; readonly parameters: Cell[] } {
  if (typeof (sql as unknown) !== "string")
    throw new DatabaseError("bad_argument", "A query must be a text.");
  if (typeof (values as unknown) !== "object" || (values as unknown) === null)
    throw new DatabaseError("bad_argument", "The values of a query must be an object, by their names.");
  const unused = new Set(Object.keys(values));
  const parameters: Cell[] = [];
  const bound = sql.replace(new RegExp(`${quoted}|${parameter}`, "g"), (text, name?: string) => {
    if (name === undefined) return text;
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) {
      throw new DatabaseError("bad_argument", `The query has :${name}, but no value of this name was given.`);
    }
    if (!isCell(value)) {
      throw new DatabaseError(
        "bad_argument",
        `The value of :${name} must be a text, a number, a boolean, bytes or null.`,
      );
    }
    unused.delete(name);
    parameters.push(value);
    return makePlaceholder(parameters.length - 1);
  });
  const [stray] = unused;
  if (stray !== undefined) {
    throw new DatabaseError("bad_argument", `A value ${stray} was given, but the query has no :${stray}.`);
  }
  return { sql: bound, parameters };
}

function isCell(value: unknown): value is Cell {
  return (
    value === null || value instanceof Uint8Array || ["string", "number", "boolean"].includes(typeof value)
  );
}
