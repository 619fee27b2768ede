import { DataSource } from "typeorm";
import { migrations } from "../../../migrations/index.js";
import { isPostgres } from "../../../harness/engines.js";

/**
 * Runs `work` on a database with the first `count` migrations applied.
 *
 * @param location the path of a SQLite file, or the address of a PostgreSQL database.
 */
export async function withMigrations<Result>(
  location: string,
  count: number,
  work: (dataSource: DataSource) => Promise<Result>,
): Promise<Result> {
  const options = { migrations: migrations.slice(0, count), logger: "debug" } as const;
  const dataSource = new DataSource(
    isPostgres(location)
      ? { ...options, type: "postgres", url: location }
      : { ...options, type: "sqlite", database: location },
  );
  await dataSource.initialize();
  try {
    await dataSource.runMigrations({ transaction: "each" });
    return await work(dataSource);
  } finally {
    await dataSource.destroy();
  }
}
