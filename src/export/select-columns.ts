import { DatabaseError } from "../database/index.js";

/**
 * The indices of the columns that a user chose, in that order.
 *
 * @param chosen each a heading, or several separated by commas.
 * @throws DatabaseError `bad_argument` for a heading that the table does not have.
 */
export function selectColumns(headings: readonly string[], chosen: readonly string[]): number[] {
  return chosen.flatMap((text) => {
    // A heading may contain a comma.
    const names = headings.includes(text) ? [text] : text.split(",").map((name) => name.trim());
    return names.map((name) => {
      const index = headings.indexOf(name);
      if (index >= 0) return index;
      throw new DatabaseError(
        "bad_argument",
        `There is no column ${JSON.stringify(name)}; there are ${describe(headings)}.`,
      );
    });
  });
}

/** A session may have thousands of columns. */
const maximumListed = 40;

function describe(headings: readonly string[]): string {
  const more = headings.length - maximumListed;
  return headings.slice(0, maximumListed).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
