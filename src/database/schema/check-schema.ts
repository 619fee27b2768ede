import type { DataSource, EntityManager, MigrationInterface } from "typeorm";
import { BecomeTelltale1764547200000 } from "../../../migrations/1764547200000-BecomeTelltale.js";
import { migrations } from "../../../migrations/index.js";
import { DatabaseError } from "../database-error.js";

/** The tables of telltale, and the one in which TypeORM notes the stairs that were climbed. */
export const tableNames = [
  "master",
  "replay_data",
  "strat_data",
  "config_data",
  "raw_data",
  "param_data",
  "outcome_data",
  "rejected_data",
  "migrations",
];

/** The views of telltale. */
export const viewNames = ["session_overview", "trial"];

/**
 * Whether a database may be written by this telltale; changes nothing.
 *
 * @param tables the names of its tables.
 * @param name what the user calls the database.
 * @throws DatabaseError `newer_database`, `aepsych_database` or `foreign_database`.
 */
export async function checkSchema(
  dataSource: DataSource,
  tables: readonly string[],
  name: string,
): Promise<void> {
  if (tables.length === 0) return;
  if (!tables.includes("migrations")) {
    if (tables.includes("master") && tables.includes("replay_data")) {
      throw new DatabaseError(
        "aepsych_database",
        `${name} was written by AEPsych; upgrade it first: telltale migrate ${quoteForShell(name)}.`,
      );
    }
    throw foreign(name);
  }
  const done = await dataSource.query<{ name: string }[]>("select name from migrations");
  const unknown = done.filter((migration) => !migrations.some(({ name }) => name === migration.name));
  if (unknown.length === 0) {
    const isRecoded = done.some(({ name: climbed }) => climbed === BecomeTelltale1764547200000.name);
    if (!(await isUpgradeUnfinished(dataSource, tables, isRecoded))) return;
    throw new DatabaseError(
      "aepsych_database",
      `The upgrade of ${name} was not finished; finish it first: telltale migrate ${quoteForShell(name)}.`,
    );
  }
  if (!tables.includes("replay_data")) throw foreign(name);
  throw new DatabaseError(
    "newer_database",
    `${name} was written by a newer telltale (it has ${unknown.map((migration) => migration.name).join(", ")}); ` +
      "install that version, or choose another database.",
  );
}

/**
 * Whether AEPsych's rows are not yet all recoded, or not all of their trials derived.
 *
 * @param isRecoded whether the stair that recodes them was climbed.
 */
async function isUpgradeUnfinished(
  dataSource: DataSource,
  tables: readonly string[],
  isRecoded: boolean,
): Promise<boolean> {
  if (!tables.includes("master")) return false;
  const isThere = async (sql: string) => (await dataSource.query<unknown[]>(sql)).length > 0;
  if (isRecoded) return isThere("select 1 from master where rebuild_due limit 1");
  return isThere("select 1 from master union all select 1 from replay_data limit 1");
}

function quoteForShell(path: string): string {
  return /^[\w./:\\-]+$/.test(path) ? path : `"${path}"`;
}

/** @throws DatabaseError `not_a_database` when there are no tables. */
export function needTables(tables: readonly string[], name: string): readonly string[] {
  if (tables.length > 0) return tables;
  throw new DatabaseError("not_a_database", `${name} is empty: nothing was ever recorded in it.`);
}

function foreign(name: string): DatabaseError {
  return new DatabaseError(
    "foreign_database",
    `${name} is a database of another program; choose another file.`,
  );
}

/** Stairs that look first; TypeORM gives every data source of a process the same ones. */
const guarded = new WeakSet<MigrationInterface>();

/**
 * Runs the migrations not yet applied, each in a transaction of its own. Two processes may do so at once: a migration that
 * the other has applied meanwhile is not applied again.
 *
 * @param onUpgrade called with the names of those that ran, unless the database was new.
 */
export async function runMigrations(
  dataSource: DataSource,
  onUpgrade: (migrations: readonly string[]) => void = () => undefined,
): Promise<void> {
  dataSource.migrations.forEach(guard);
  const first = await readApplied(dataSource);
  for (let before = first; ; before = await readApplied(dataSource)) {
    try {
      await dataSource.runMigrations({ transaction: "each" });
      if (first === undefined || first.length === 0) return;
      const ran = ((await readApplied(dataSource)) ?? []).filter((name) => !first.includes(name));
      if (ran.length > 0) onUpgrade(ran);
      return;
    } catch (error) {
      // After a rollback that failed TypeORM takes the transaction for open, and would runMigrations the rest without one.
      const isConfused = dataSource.createQueryRunner().isTransactionActive;
      if (isConfused || (await readApplied(dataSource))?.length === before?.length) throw error;
    }
  }
}

/** Makes a stair look, inside its transaction, which holds the lock, whether it was climbed since it was found to be pending. */
function guard(stair: MigrationInterface): void {
  if (guarded.has(stair)) return;
  guarded.add(stair);
  const { name = stair.constructor.name } = stair;
  const up = stair.up.bind(stair);
  stair.up = async (queryRunner) => {
    if (await isApplied(queryRunner.manager, name)) throw new Error(`${name} was climbed meanwhile.`);
    await up(queryRunner);
  };
}

async function isApplied(manager: EntityManager, name: string): Promise<boolean> {
  const rows = await manager.query<unknown[]>(`select 1 from migrations where name = '${name}'`);
  return rows.length > 0;
}

/** The names of the migrations that were applied, oldest first; undefined before the first one has begun. */
async function readApplied(dataSource: DataSource): Promise<readonly string[] | undefined> {
  const runner = dataSource.createQueryRunner();
  try {
    if (!(await runner.hasTable("migrations"))) return undefined;
    const rows = (await runner.query("select name from migrations order by id")) as { name: string }[];
    return rows.map(({ name }) => name);
  } finally {
    await runner.release();
  }
}
