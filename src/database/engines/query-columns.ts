import { DatabaseError } from "../database-error.js";

/**
 * Checks that the columns of a user's query have different names: a row is an object, and would lose all but one of a name.
 *
 * @throws DatabaseError `bad_query`.
 */
export function checkColumnNames(names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw new DatabaseError(
    "bad_query",
    `Two columns of the query are named ${twice}; give one of them another name, as in: select a.x, b.x as other.`,
  );
}
