import { type DataSource, type MigrationInterface, type QueryRunner, Table } from "typeorm";
import { migrations } from "./index.js";

/** One step of the schema's history. */
export interface Migration extends MigrationInterface {
  /** The tables whose columns or rows it changes. */
  readonly touches: readonly string[];
  /** Whether the columns show that the database has climbed it; for those that have no record of it. Changes nothing. */
  isApplied(queryRunner: QueryRunner): Promise<boolean>;
}

const table = "migrations";

/**
 * The stairs that a database has yet to runMigrations, lowest first. Told from its `migrations` table, and where that is missing or empty from
 * its columns; of an empty database they are all of them. Changes nothing, so that it can be asked of a database that is open to
 * read only.
 */
export async function pendingMigrations(dataSource: DataSource): Promise<Migration[]> {
  return withQueryRunner(dataSource, async (queryRunner) => {
    const recorded = await readRecord(queryRunner);
    const climbed = recorded.length > 0 ? recorded : await appliedNames(queryRunner);
    return stairs().filter((stair) => !climbed.includes(stair.constructor.name));
  });
}

/**
 * Gives a database without a record of its stairs, as AEPsych writes them, the `migrations` table, and notes in it the stairs that its
 * columns show, so that TypeORM climbs precisely the others. All or nothing; where there is a record, or nothing to note,
 * nothing is changed.
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

function stairs(): Migration[] {
  return migrations.map((Migration) => new Migration());
}

async function readRecord(queryRunner: QueryRunner): Promise<string[]> {
  if (!(await queryRunner.hasTable(table))) return [];
  const rows = (await queryRunner.query(`SELECT name FROM "${table}"`)) as { name: string }[];
  return rows.map(({ name }) => name);
}

async function appliedNames(queryRunner: QueryRunner): Promise<string[]> {
  const names: string[] = [];
  for (const stair of stairs()) {
    if (await stair.isApplied(queryRunner)) names.push(stair.constructor.name);
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

/** As TypeORM's MigrationExecutor makes it, which has no way to make it alone. */
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
