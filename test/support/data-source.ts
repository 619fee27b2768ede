import { DataSource } from "typeorm";
import { migrations } from "../../migrations/index.js";
import * as entities from "../../src/entities/index.js";

/** Runs `work` on a SQLite file that has climbed the first `stairs` stairs. */
export async function withStairs<Result>(
  path: string,
  stairs: number,
  work: (dataSource: DataSource) => Promise<Result>,
): Promise<Result> {
  const dataSource = new DataSource({
    type: "sqlite",
    database: path,
    entities: Object.values(entities),
    migrations: migrations.slice(0, stairs),
    logger: "debug",
  });
  await dataSource.initialize();
  try {
    await dataSource.runMigrations({ transaction: "each" });
    return await work(dataSource);
  } finally {
    await dataSource.destroy();
  }
}
