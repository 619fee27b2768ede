/** Describes a message that no frame can express, as JSON text with all that JSON can express, so that the rest is not lost. */
export function describeUnencodable(request: object): string {
  return JSON.stringify(describe(request, new Set()));
}

/** @param known the objects met before: each is described once, since they may refer to one another in a circle. */
function describe(input: unknown, known: Set<object>): unknown {
  if (typeof input === "number") return Number.isFinite(input) ? input : String(input);
  if (typeof input !== "object" || input === null) {
    return ["function", "symbol", "bigint"].includes(typeof input) ? String(input) : input;
  }
  if (known.has(input)) return "[as before]";
  known.add(input);
  // Reading it may run any code, and it may be nested deeper than the stack.
  try {
    if (input instanceof Date || input instanceof Error) return String(input);
    if (!(input instanceof Map) && Symbol.iterator in input) {
      return Array.from(input as Iterable<unknown>, (item) => describe(item, known));
    }
    const keys = input instanceof Map ? [...input.keys()] : Object.keys(input);
    return Object.fromEntries(keys.map((key) => [key, readMember(input, key, known)]));
  } catch (error) {
    return String(error);
  }
}

function readMember(input: object, key: unknown, known: Set<object>): unknown {
  try {
    const member: unknown = input instanceof Map ? input.get(key) : input[key as keyof typeof input];
    return describe(member, known);
  } catch (error) {
    return String(error);
  }
}
