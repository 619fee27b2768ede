import type { DataSource, EntityManager, MigrationInterface } from "typeorm";

/** Migrations that check first; TypeORM gives every data source of a process the same objects. */
const guarded = new WeakSet<MigrationInterface>();

/**
 * Runs a database's pending migrations, each in a transaction of its own. Two processes may do so at once: a migration that the
 * other has applied meanwhile is not applied again.
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
      // After a failed rollback TypeORM believes that the transaction is open, and would run the rest without one.
      const isConfused = dataSource.createQueryRunner().isTransactionActive;
      if (isConfused || (await readApplied(dataSource))?.length === before?.length) throw error;
    }
  }
}

/** Makes a migration check inside its transaction, which holds the lock, whether it was applied since it was found pending. */
function guard(migration: MigrationInterface): void {
  if (guarded.has(migration)) return;
  guarded.add(migration);
  const { name = migration.constructor.name } = migration;
  const up = migration.up.bind(migration);
  migration.up = async (queryRunner) => {
    if (await isApplied(queryRunner.manager, name)) throw new Error(`${name} was applied meanwhile.`);
    await up(queryRunner);
  };
}

async function isApplied(manager: EntityManager, name: string): Promise<boolean> {
  const rows = await manager.query<unknown[]>(`select 1 from migrations where name = '${name}'`);
  return rows.length > 0;
}

/** The names of the applied migrations, oldest first; undefined before the first has begun. */
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
