import { expect } from "chai";
import type { DataSource } from "typeorm";
import { PostgresEngine } from "../../src/database/postgres.js";
import { makePostgresDatabase } from "../support/postgres.js";
import { readRows } from "../support/rows.js";

describe("migrations on PostgreSQL", () => {
  let url: string;
  let dataSource: DataSource;

  beforeEach(async () => {
    url = await makePostgresDatabase();
    dataSource = await new PostgresEngine(url, 1000).openWriter();
  });

  afterEach(async () => {
    await dataSource.destroy();
  });

  it("lead from an empty database to what the entities say", async () => {
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).to.deep.equal([]);
  });

  it("do nothing the second time", async () => {
    expect(await dataSource.runMigrations({ transaction: "each" })).to.deep.equal([]);
  });

  it("give every foreign key an index that begins with it, and delete nothing along it", async () => {
    const keys = await readRows(
      url,
      `select conrelid::regclass::text as table_name, confdeltype as on_delete, exists (
         select 1 from pg_index where indrelid = conrelid and indkey[0] = conkey[1]) as has_index
       from pg_constraint where contype = 'f'`,
    );
    expect(keys).to.have.length.above(7);
    for (const key of keys) expect(key).to.include({ on_delete: "a", has_index: 1 });
  });
});
