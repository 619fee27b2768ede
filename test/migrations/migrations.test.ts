import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { migrations } from "../../migrations/index.js";
import { withStairs } from "../support/data-source.js";
import { temporaryFolder } from "../support/temporary.js";

const all = migrations.length;

async function columnsOf(path: string, table: string): Promise<string[]> {
  return withStairs(path, 0, async (dataSource) => {
    const rows = await dataSource.query<{ name: string }[]>(`select name from pragma_table_info('${table}')`);
    return rows.map(({ name }) => name);
  });
}

describe("migrations", () => {
  let path: string;

  beforeEach(async () => {
    path = join(await temporaryFolder(), "stairs.db");
  });

  it("are listed as they stand in the folder", () => {
    const folder = fileURLToPath(new URL("../../../migrations", import.meta.url));
    const files = readdirSync(folder).filter((file) => /^[0-9]{13}-[A-Za-z]+\.ts$/.test(file));
    const names = files.sort().map((file) => file.replace(/^([0-9]{13})-(.*)\.ts$/, "$2$1"));
    expect(migrations.map(({ name }) => name)).to.deep.equal(names);
    const strangers = readdirSync(folder).filter((file) => !files.includes(file));
    expect(strangers.sort()).to.deep.equal(["index.ts", "stairs.ts", "support"]);
  });

  it("lead from an empty database to what the entities say", async () => {
    await withStairs(path, all, async (dataSource) => {
      const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
      expect(upQueries.map(({ query }) => query)).to.deep.equal([]);
    });
  });

  it("do nothing the second time", async () => {
    await withStairs(path, all, () => Promise.resolve());
    const again = await withStairs(path, all, (dataSource) =>
      dataSource.runMigrations({ transaction: "each" }),
    );
    expect(again).to.deep.equal([]);
  });

  it("give every foreign key an index that begins with it", async () => {
    await withStairs(path, all, async (dataSource) => {
      const bare = await dataSource.query<unknown[]>(
        `select tables.name, keys."from" from sqlite_master tables join pragma_foreign_key_list(tables.name) keys
         where tables.type = 'table' and not exists (
           select 1 from pragma_index_list(tables.name) indexes join pragma_index_info(indexes.name) columns
           where columns.seqno = 0 and columns.name = keys."from")`,
      );
      expect(bare).to.deep.equal([]);
    });
  });

  it("delete nothing along a foreign key", async () => {
    await withStairs(path, all, async (dataSource) => {
      const actions = await dataSource.query<unknown[]>(
        `select distinct keys.on_delete from sqlite_master tables join pragma_foreign_key_list(tables.name) keys
         where tables.type = 'table'`,
      );
      expect(actions).to.deep.equal([{ on_delete: "NO ACTION" }]);
    });
  });

  it("begin with the tables of generation 0", async () => {
    await withStairs(path, 1, () => Promise.resolve());
    expect(await columnsOf(path, "master")).to.deep.equal([
      "unique_id",
      "experiment_name",
      "experiment_description",
      "experiment_id",
    ]);
    expect(await columnsOf(path, "replay_data")).not.to.include("extra_info");
    expect(await columnsOf(path, "raw_data")).to.deep.equal([]);
  });

  const ways = [
    { stair: 2, table: "replay_data", column: "extra_info" },
    { stair: 2, table: "master", column: "participant_id" },
    { stair: 2, table: "master", column: "extra_metadata" },
    { stair: 3, table: "outcome_data", column: "outcome_value" },
    { stair: 4, table: "raw_data", column: "extra_data" },
  ];
  for (const { stair, table, column } of ways) {
    it(`go up to ${table}.${column} and down again, and keep the rows`, async () => {
      await withStairs(path, stair, async (dataSource) => {
        await dataSource.query("insert into master (experiment_name, experiment_id) values ('kept', 'e1')");
        await dataSource.query("insert into replay_data (message_type, master_table_id) values ('tell', 1)");
        expect(await columnsOf(path, table)).to.include(column);
        await dataSource.undoLastMigration({ transaction: "each" });
        expect(await columnsOf(path, table)).not.to.include(column);
        expect(await dataSource.query("select experiment_name from master")).to.deep.equal([
          { experiment_name: "kept" },
        ]);
        expect(await dataSource.query("select message_type from replay_data")).to.have.length(1);
        expect(await dataSource.query("pragma foreign_key_check")).to.deep.equal([]);
        await dataSource.runMigrations({ transaction: "each" });
        expect(await columnsOf(path, table)).to.include(column);
      });
    });
  }

  it("add only what a mixed file lacks", async () => {
    await withStairs(path, 1, async (dataSource) => {
      await dataSource.query("alter table master add column participant_id VARCHAR(50)");
      await dataSource.query("create table raw_data (unique_id INTEGER PRIMARY KEY, extra_data VARCHAR)");
    });
    await withStairs(path, 4, () => Promise.resolve());
    expect(await columnsOf(path, "master")).to.include.members(["participant_id", "extra_metadata"]);
    expect(await columnsOf(path, "raw_data")).to.include("extra_data");
    expect(await columnsOf(path, "param_data")).to.include("param_value");
  });

  it("have no way down from telltale's own stair", async () => {
    await withStairs(path, 5, async (dataSource) => {
      let failure: unknown;
      await dataSource
        .undoLastMigration({ transaction: "each" })
        .catch((error: unknown) => (failure = error));
      expect(failure).to.be.an("error").with.property("message").that.includes("backup");
    });
    expect(await columnsOf(path, "master")).to.include("session_id");
  });
});
