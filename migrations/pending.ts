import { type DataSource, type QueryRunner, Table } from "typeorm";
import { migrations } from "./index.js";
import type { Migration } from "./migration.js";

const table = "migrations";

/**
 * The migrations not yet applied, oldest first: all of them for an empty database. Reads the `migrations` table, or the columns
 * where that table is missing or empty. Changes nothing, so a database that is open for reading only can be asked.
 */
export async function pendingMigrations(dataSource: DataSource): Promise<Migration[]> {
  return withQueryRunner(dataSource, async (queryRunner) => {
    const recorded = await readRecord(queryRunner);
    const applied = recorded.length > 0 ? recorded : await appliedNames(queryRunner);
    return instances().filter((migration) => !applied.includes(migration.constructor.name));
  });
}

/**
 * Creates the `migrations` table in a database without a record of its migrations, as AEPsych writes them, and records those that the
 * columns show as applied; TypeORM then runs the others only. All or nothing. Changes nothing if there is a record, or if
 * no migration was applied.
 */
export async function adoptMigrations(dataSource: DataSource): Promise<void> {
  await withQueryRunner(dataSource, async (queryRunner) => {
    await queryRunner.startTransaction();
    try {
      if ((await readRecord(queryRunner)).length === 0) {
        await record(queryRunner, await appliedNames(queryRunner));
      }
      await queryRunner.commitTransaction();
    } catch (error) {
      // On a full disk SQLite has rolled back by itself.
      await queryRunner.rollbackTransaction().catch(() => undefined);
      throw error;
    }
  });
}

function instances(): Migration[] {
  return migrations.map((Migration) => new Migration());
}

async function readRecord(queryRunner: QueryRunner): Promise<string[]> {
  if (!(await queryRunner.hasTable(table))) return [];
  const rows = (await queryRunner.query(`SELECT name FROM "${table}"`)) as { name: string }[];
  return rows.map(({ name }) => name);
}

async function appliedNames(queryRunner: QueryRunner): Promise<string[]> {
  const names: string[] = [];
  for (const migration of instances()) {
    if (await migration.isApplied(queryRunner)) names.push(migration.constructor.name);
  }
  return names;
}

async function record(queryRunner: QueryRunner, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  if (!(await queryRunner.hasTable(table))) await queryRunner.createTable(recordTable(queryRunner));
  const { driver } = queryRunner.connection;
  const [first, second] = [driver.createParameter("", 0), driver.createParameter("", 1)];
  for (const name of names) {
    await queryRunner.query(`INSERT INTO "${table}" ("timestamp", "name") VALUES (${first}, ${second})`, [
      Number(name.slice(-13)),
      name,
    ]);
  }
}

/** The table as TypeORM's MigrationExecutor creates it; TypeORM has no call that creates only the table. */
function recordTable(queryRunner: QueryRunner): Table {
  const { driver } = queryRunner.connection;
  const { migrationId, migrationTimestamp, migrationName } = driver.mappedDataTypes;
  return new Table({
    name: table,
    columns: [
      {
        name: "id",
        type: driver.normalizeType({ type: migrationId }),
        isGenerated: true,
        generationStrategy: "increment",
        isPrimary: true,
        isNullable: false,
      },
      { name: "timestamp", type: driver.normalizeType({ type: migrationTimestamp }), isNullable: false },
      { name: "name", type: driver.normalizeType({ type: migrationName }), isNullable: false },
    ],
  });
}

async function withQueryRunner<Result>(
  dataSource: DataSource,
  work: (queryRunner: QueryRunner) => Promise<Result>,
): Promise<Result> {
  const queryRunner = dataSource.createQueryRunner();
  try {
    return await work(queryRunner);
  } finally {
    await queryRunner.release();
  }
}
