import type { DataSource, EntityManager } from "typeorm";
import { pendingMigrations } from "../../../migrations/pending.js";
import { DatabaseError, type SqliteFile, engineAt, query } from "../../database/index.js";
import { type RowCounts, countRows } from "../backup/verify-copy.js";

/** What an upgrade of a file would do; nothing if `migrations` is empty and `sessionsDue` is 0. */
export interface UpgradePlan {
  /** How much AEPsych's schema had when it wrote the file, 0 to 3; undefined if the rows are telltale's already. */
  readonly generation: number | undefined;
  /** The names of the migrations that are not yet applied, oldest first. */
  readonly migrations: readonly string[];
  readonly rows: RowCounts;
  /** Sessions whose trials are not yet derived; 0 while their rows are not yet recoded. */
  readonly sessionsDue: number;
}

/**
 * Plans the upgrade of a file; changes nothing.
 *
 * @throws DatabaseError when the file cannot be upgraded, or is damaged.
 */
export async function planUpgrade(file: SqliteFile): Promise<UpgradePlan> {
  const reader = await file.openReader();
  try {
    await file.checkUpgradable(reader);
    return await readPlan(reader);
  } catch (error) {
    throw await file.explain(error);
  } finally {
    await reader.destroy();
  }
}

/** Plans the upgrade of the file at a path; see {@link planUpgrade}. */
export async function planUpgradeOf(path: string): Promise<UpgradePlan> {
  return planUpgrade(await fileToUpgrade(path));
}

/** Finds the file to upgrade at a path. @throws DatabaseError `bad_address` for a database on a server. */
export async function fileToUpgrade(location: string): Promise<SqliteFile> {
  const { file } = await engineAt(location);
  if (file !== undefined) return file;
  throw new DatabaseError(
    "bad_address",
    "Only files are upgraded here; telltale serve upgrades a server's database when it starts.",
  );
}

/** The plan as an open connection sees the file. */
export async function readPlan(dataSource: DataSource): Promise<UpgradePlan> {
  const pending = await pendingMigrations(dataSource);
  return {
    generation: await readGeneration(dataSource),
    migrations: pending.map((migration) => migration.constructor.name.replace(/[0-9]+$/, "")),
    rows: await countRows(dataSource),
    sessionsDue: pending.length === 0 ? (await findDueSessions(dataSource.manager)).length : 0,
  };
}

/** The unique_ids of the sessions whose trials are not yet derived. */
export async function findDueSessions(manager: EntityManager): Promise<number[]> {
  const rows = await query<{ unique_id: number }>(
    manager,
    "select unique_id from master where rebuild_due order by unique_id",
  );
  return rows.map(({ unique_id }) => unique_id);
}

async function readGeneration(dataSource: DataSource): Promise<number | undefined> {
  const has = async (table: string, column: string) => {
    const sql = `select 1 from pragma_table_info('${table}') where name = '${column}'`;
    return (await dataSource.query<unknown[]>(sql)).length > 0;
  };
  if (await has("master", "session_id")) return undefined;
  if (await has("raw_data", "extra_data")) return 3;
  if (await has("raw_data", "unique_id")) return 2;
  return (await has("replay_data", "extra_info")) ? 1 : 0;
}
