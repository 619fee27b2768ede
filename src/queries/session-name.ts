import { DatabaseError, maximumInteger } from "../database/index.js";

/** What the name of a session says; a name of digits alone may be a unique_id or the beginning of an id. */
export type SessionName =
  | { readonly kind: "last" }
  | { readonly kind: "unique_id"; readonly uniqueId: number }
  | { readonly kind: "id"; readonly beginning: string }
  | { readonly kind: "digits"; readonly uniqueId: number; readonly beginning: string };

/**
 * Reads the name that a user gives a session: `last`, an id or its beginning, a unique_id, or one of these two after `id:` or
 * `unique_id:`, which say what the rest is.
 *
 * @throws DatabaseError `unknown_session` for a name that names nothing; `bad_argument` for a database address.
 */
export function readSessionName(name: string): SessionName {
  // The sentence does not repeat the address: it may hold a password.
  if (name.includes("://")) {
    throw new DatabaseError(
      "bad_argument",
      "An address does not name a session; give the database's address with --db.",
    );
  }
  const [, kind, rest = name] = /^(id|unique_id):(.*)$/s.exec(name) ?? [];
  if (rest === "") throw new DatabaseError("unknown_session", "The name of a session must not be empty.");
  if (kind === "id") return { kind, beginning: rest };
  const uniqueId = readUniqueId(rest);
  if (kind === "unique_id") {
    if (uniqueId !== undefined) return { kind, uniqueId };
    throw new DatabaseError("unknown_session", `A unique_id is a whole number from 1, not ${rest}.`);
  }
  if (uniqueId !== undefined) return { kind: "digits", uniqueId, beginning: rest };
  return name === "last" ? { kind: "last" } : { kind: "id", beginning: rest };
}

/** Digits with a zero in front are the beginning of an id: no unique_id is written so. */
function readUniqueId(text: string): number | undefined {
  return /^[1-9][0-9]*$/.test(text) && Number(text) <= maximumInteger ? Number(text) : undefined;
}
