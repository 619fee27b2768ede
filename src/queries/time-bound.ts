import { DatabaseError } from "../database/index.js";

const time = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:\d{2})?)?$/i;

/** Sorts after every fraction of a second and every zone that a timestamp may end with. */
const end = "ZZ";

/**
 * Reads a time that bounds a range, and returns it as text to compare timestamps with. A time without a zone is UTC; a date alone
 * means its first moment for `from`, and its last for `to`.
 *
 * @throws DatabaseError `bad_argument` if the text is not a time.
 */
export function readTimeBound(text: string, bound: "from" | "to"): string {
  const [, day, clock = bound === "to" ? "23:59:59.999" : "00:00", zone = "Z"] = time.exec(text) ?? [];
  const read = new Date(`${day ?? ""}T${clock}${zone.toUpperCase()}`);
  // JavaScript reads 30 February as 2 March.
  if (Number.isNaN(read.getTime()) || new Date(`${day ?? ""}T00:00Z`).toISOString().slice(0, 10) !== day) {
    throw new DatabaseError(
      "bad_argument",
      `${JSON.stringify(text)} is not a time; write it as 2026-01-31 or 2026-01-31T12:00:00Z.`,
    );
  }
  // AEPsych omits a fraction of zero.
  return bound === "to"
    ? read.toISOString().slice(0, -1) + end
    : read.toISOString().replace(/(\.000)?Z$/, "");
}

/** The SQL expression of a timestamp column to compare bounds with: AEPsych wrote a space instead of the T. */
export function timestampAs(column: string): string {
  return `replace(${column}, ' ', 'T')`;
}

/** Formats the timestamp of a row as ISO 8601; those of AEPsych have no zone. */
export function formatTimestamp(timestamp: string | null): string | null {
  return timestamp?.replace(" ", "T") ?? null;
}
