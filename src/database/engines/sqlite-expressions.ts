import type { DataSource } from "typeorm";
import { DatabaseError } from "../database-error.js";
import { tableNames } from "../schema/index.js";

interface Entry {
  readonly name: string;
  readonly sql: string;
}

/** What SQLite would compute, and a query for the tables and indexes that have it. */
const computed = [
  ["a virtual table", "select name from sqlite_master where type = 'table' and sql like 'create virtual%'"],
  [
    "an index of an expression",
    "select sqlite_master.name from sqlite_master, pragma_index_xinfo(sqlite_master.name) as column where type = 'index' and cid = -2",
  ],
  [
    "a generated column",
    "select sqlite_master.name from sqlite_master, pragma_table_xinfo(sqlite_master.name) as column where sqlite_master.type = 'table' and hidden in (2, 3)",
  ],
] as const;

/**
 * Refuses a file from elsewhere in which SQLite would compute values as soon as the file is checked, counted or copied: a few bytes of
 * schema can take gigabytes and hours. Neither AEPsych's schema nor telltale's has such expressions. Plain conditions, such as the
 * `CHECK (model_data IN (0, 1))` of old files, pass.
 *
 * @param reader a connection that has not evaluated anything of the file yet.
 * @throws DatabaseError `not_a_database` that names the table or index.
 */
export async function refuseExpressions(reader: DataSource, path: string): Promise<void> {
  for (const [what, sql] of computed) {
    const [entry] = await reader.query<{ name: string }[]>(`${sql} limit 1`);
    if (entry !== undefined) throw refusal(path, what, entry.name);
  }
  const names = [...tableNames, "migrations"].map((name) => `'${name}'`).join(", ");
  const [view] = await reader.query<{ name: string }[]>(
    `select name from sqlite_master where type = 'view' and lower(name) in (${names}) limit 1`,
  );
  if (view !== undefined) throw refusal(path, "a view in the place of a table", view.name);
  const conditions = await reader.query<Entry[]>(
    `select name, sql from sqlite_master where (type = 'table' and sql like '%check%') or (type = 'index' and sql like '%where%')`,
  );
  for (const { name, sql } of conditions) {
    if (listConditions(sql).some(isComputed)) throw refusal(path, "a condition with a function", name);
  }
}

/** Words that may stand before a parenthesis without being a function. */
const words = ["in", "and", "or", "not", "between", "is", "case", "when", "then", "else", "like"];

function isComputed(condition: string): boolean {
  if (condition.includes("||")) return true;
  const calls = condition.matchAll(/([a-z_][a-z0-9_$]*)\s*\(/gi);
  return [...calls].some(([, word = ""]) => !words.includes(word.toLowerCase()));
}

const quoted = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[^]*?\*\//g;

/** The conditions in the SQL of a table or index, without literals, quoted names and comments. */
function listConditions(sql: string): string[] {
  const bare = sql.replace(quoted, (text) => (text.startsWith("-") || text.startsWith("/") ? " " : " x"));
  const index = /^\s*create\s+(?:unique\s+)?index\b[^]*?\bwhere\b([^]*)$/i.exec(bare);
  if (index !== null) return [index[1] ?? ""];
  return [...bare.matchAll(/\bcheck\s*\(/gi)].map(({ index: start, 0: opening }) =>
    readParenthesis(bare, start + opening.length),
  );
}

/** The text up to the parenthesis that closes the one before `start`. */
function readParenthesis(text: string, start: number): string {
  let depth = 1;
  for (let end = start; end < text.length; end += 1) {
    const character = text.charAt(end);
    if (character === "(") depth += 1;
    else if (character === ")") depth -= 1;
    if (depth === 0) return text.slice(start, end);
  }
  return text.slice(start);
}

function refusal(path: string, what: string, name: string): DatabaseError {
  return new DatabaseError(
    "not_a_database",
    `${path} has ${what}, ${JSON.stringify(name)}, for which SQLite would run code of the file; drop it in a copy of the file, and try again.`,
  );
}
