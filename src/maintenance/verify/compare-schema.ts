import { DataSource, type EntityManager } from "typeorm";
import { migrations } from "../../../migrations/index.js";
import { query, runMigrations, sqliteDriver, tableNames } from "../../database/index.js";
import type { Findings } from "./finding.js";

/** A table, view, index or trigger of a SQLite file. */
interface SchemaObject {
  readonly type: string;
  readonly name: string;
  readonly sql: string;
}

const columns = "select type, name, sql from sqlite_master where sql is not null";

/** The objects that the migrations make, in a SQLite file; TypeORM makes the table of migrations itself. */
async function readExpected(): Promise<readonly SchemaObject[]> {
  const memory = new DataSource({
    type: "sqlite",
    driver: sqliteDriver(0),
    database: ":memory:",
    migrations,
    logger: "debug",
  });
  await memory.initialize();
  try {
    await runMigrations(memory);
    return await memory.query<SchemaObject[]>(
      `${columns} and name not like 'sqlite\\_%' escape '\\' and name <> 'migrations'`,
    );
  } finally {
    await memory.destroy();
  }
}

/**
 * Compares the text of the tables, views and indexes of a SQLite file with what the migrations make. A user's view, kept under a name of
 * telltale's, is left out, and so are views, indexes and tables that were added.
 */
export async function compareFileSchema(manager: EntityManager, findings: Findings): Promise<void> {
  const there = await query<SchemaObject>(manager, columns);
  for (const { type, name, sql } of await readExpected()) {
    const found = there.find((one) => one.type === type && one.name === name);
    if (found === undefined) {
      const taken = type === "view" && there.some((one) => one.name === name);
      if (!taken) findings.add(`The ${type} ${name} is missing.`, "restore");
    } else if (found.sql !== sql && (type !== "view" || isAltered(found.sql, sql)))
      findings.add(`The ${type} ${name} is not the one that telltale made.`, "restore");
  }
  const triggers = await query<{ name: string; tbl_name: string }>(
    manager,
    `select name, tbl_name from sqlite_master where type = 'trigger' order by name`,
  );
  for (const { name, tbl_name: table } of triggers)
    if (tableNames.includes(table)) addTrigger(name, table, findings);
}

/** Checks that a server has the views and indexes that the migrations make, with the same columns, and no triggers or rules beside them. */
export async function compareServerSchema(manager: EntityManager, findings: Findings): Promise<void> {
  const indexes = await query<{ name: string; sql: string }>(
    manager,
    "select indexname as name, indexdef as sql from pg_indexes where schemaname = current_schema()",
  );
  const views = await query<{ name: string }>(
    manager,
    "select relname as name from pg_class where relnamespace = current_schema()::regnamespace and relkind in ('v', 'm', 'r', 'p')",
  );
  for (const { type, name, sql } of await readExpected()) {
    const index = indexes.find((one) => one.name === name);
    const isMissing =
      type === "index" ? index === undefined : type === "view" && !views.some((one) => one.name === name);
    if (isMissing) findings.add(`The ${type} ${name} is missing.`, "restore");
    else if (index !== undefined && type === "index" && indexOf(index.sql) !== indexOf(sql))
      findings.add(`The index ${name} is not the one that telltale made.`, "restore");
  }
  const tables = tableNames.map((name) => `'${name}'`).join(", ");
  const added = await query<{ name: string; table: string }>(
    manager,
    `select tgname as name, relname as table from pg_trigger join pg_class on pg_class.oid = tgrelid
     where not tgisinternal and relnamespace = current_schema()::regnamespace and relname in (${tables})
     union all select rulename, tablename from pg_rules where schemaname = current_schema() and tablename in (${tables})
     order by name`,
  );
  for (const { name, table } of added) addTrigger(name, table, findings);
}

function addTrigger(name: string, table: string, findings: Findings): void {
  findings.add(`The trigger or rule ${name} of ${table} is not one of telltale.`, "drop");
}

/** Whether a view is the expected one with a change: at least half of its text, from both ends, is the same. */
function isAltered(sql: string, expected: string): boolean {
  let [start, end] = [0, 0];
  while (start < expected.length && sql[start] === expected[start]) start += 1;
  while (end < expected.length && sql.at(-1 - end) === expected.at(-1 - end)) end += 1;
  return start + end >= expected.length / 2;
}

/** An index without what each engine spells in its own way. */
function indexOf(sql: string): string | undefined {
  const [, unique = "", table, list] =
    /^create (unique )?index .* on (?:"?\w+"?\.)?"?(\w+)"?(?: using \w+)? \((.*)\)\s*$/i.exec(sql) ?? [];
  return table && `${unique.toLowerCase()}${table} (${list?.replaceAll('"', "")})`;
}
