import type { EntityManager } from "typeorm";
import { query, tableNames } from "../../database/index.js";
import type { Findings } from "./finding.js";

/** The types of SQLite's values that telltale stores in a column, by the column's declared type. */
const types: Readonly<Record<string, string>> = {
  text: "text",
  integer: "integer",
  boolean: "integer",
  "double precision": "real",
  blob: "blob",
};

/**
 * Finds the values of a SQLite file that have another type than their column: one bit of a row's header turns text into bytes.
 *
 * @returns whether there are any.
 */
export async function findWrongTypes(manager: EntityManager, findings: Findings): Promise<boolean> {
  const before = findings.count;
  for (const table of tableNames) {
    const columns = await query<{ name: string; type: string }>(
      manager,
      `select name, lower(type) as type from pragma_table_info('${table}')`,
    );
    const isWrong = columns.flatMap(({ name, type }) =>
      types[type] === undefined ? [] : [`typeof("${name}") not in ('${types[type]}', 'null')`],
    );
    if (isWrong.length === 0) continue;
    const [row] = await query<{ n: number; first: number | null }>(
      manager,
      `select count(*) as n, min(rowid) as first from ${table} where ${isWrong.join(" or ")}`,
    );
    if (row !== undefined && row.n > 0)
      findings.add(
        `${row.n} of the rows of ${table}, the first with unique_id ${row.first ?? ""}, hold a value of another type than their column's.`,
        "restore",
      );
  }
  return findings.count > before;
}
