import { DatabaseError } from "../database/index.js";

const time = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:\d{2})?)?$/i;

/** Beyond every fraction of a second and every zone that a column's text may end with. */
const end = "ZZ";

/**
 * A time that a user gives to begin or end with, as the timestamps of rows are compared with it: text. A time without a zone is UTC; a
 * date alone is its first moment for a beginning, and its last for an end.
 *
 * @throws DatabaseError `bad_argument` when it is no such time.
 */
export function readTimeBound(text: string, bound: "from" | "to"): string {
  const [, day, clock = bound === "to" ? "23:59:59.999" : "00:00", zone = "Z"] = time.exec(text) ?? [];
  const read = new Date(`${day ?? ""}T${clock}${zone.toUpperCase()}`);
  // JavaScript takes 30 February for 2 March.
  if (Number.isNaN(read.getTime()) || new Date(`${day ?? ""}T00:00Z`).toISOString().slice(0, 10) !== day) {
    throw new DatabaseError(
      "bad_argument",
      `${JSON.stringify(text)} is no time; write it as 2026-01-31 or 2026-01-31T12:00:00Z.`,
    );
  }
  // AEPsych leaves a fraction of nothing out.
  return bound === "to"
    ? read.toISOString().slice(0, -1) + end
    : read.toISOString().replace(/(\.000)?Z$/, "");
}

/** A column of timestamps in SQL, as bounds are compared with it: AEPsych wrote a blank for the T. */
export function timestampAs(column: string): string {
  return `replace(${column}, ' ', 'T')`;
}

/** A timestamp of a row as it is given out: ISO 8601; one of AEPsych's has no zone. */
export function formatTimestamp(timestamp: string | null): string | null {
  return timestamp?.replace(" ", "T") ?? null;
}
