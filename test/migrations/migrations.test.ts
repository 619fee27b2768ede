import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import type { DataSource } from "typeorm";
import { migrations } from "../../migrations/index.js";
import { engineAt } from "../../src/database/engines/engine-at.js";
import { withMigrations } from "../support/database/data-source.js";
import { describeOnEngines } from "../../harness/engines.js";
import { copyOf, upgrade } from "../support/files/legacy.js";
import { readRows } from "../../harness/rows.js";
import { fixture } from "../support/files/vectors.js";

const all = migrations.length;

/** The tables of AEPsych, those that others refer to first. */
const tables = [
  "master",
  "replay_data",
  "strat_data",
  "config_data",
  "raw_data",
  "param_data",
  "outcome_data",
];

/** How an engine tells of its tables. */
const catalogs = {
  SQLite: {
    columns: "select name from pragma_table_info(?) order by cid",
    foreignKeys: `select tables.name as table_name, keys."from" as column_name, keys.on_delete = 'NO ACTION' as is_kept, exists (
        select 1 from pragma_index_list(tables.name) indexes join pragma_index_info(indexes.name) columns
        where columns.seqno = 0 and columns.name = keys."from") as is_indexed
      from sqlite_master tables join pragma_foreign_key_list(tables.name) keys where tables.type = 'table'`,
  },
  PostgreSQL: {
    columns:
      "select column_name as name from information_schema.columns where table_schema = 'public' and table_name = ? order by ordinal_position",
    foreignKeys: `select conrelid::regclass::text as table_name, attname as column_name, confdeltype = 'a' as is_kept, exists (
        select 1 from pg_index where indrelid = conrelid and indkey[0] = conkey[1]) as is_indexed
      from pg_constraint join pg_attribute on attrelid = conrelid and attnum = conkey[1] where contype = 'f'`,
  },
};

describe("the list of migrations", () => {
  it("has every migration of the folder", () => {
    const folder = fileURLToPath(new URL("../../../migrations", import.meta.url));
    const files = readdirSync(folder).filter((file) => /^[0-9]{13}-[A-Za-z]+\.ts$/.test(file));
    const names = files.sort().map((file) => file.replace(/^([0-9]{13})-(.*)\.ts$/, "$2$1"));
    expect(migrations.map(({ name }) => name)).to.deep.equal(names);
    const strangers = readdirSync(folder).filter((file) => !files.includes(file));
    expect(strangers.sort()).to.deep.equal([
      "chain",
      "index.ts",
      "migration.ts",
      "pending.ts",
      "pickle",
      "support",
    ]);
  });
});

describeOnEngines("migrations", (engine) => {
  const catalog = catalogs[engine.name];
  let location: string;

  beforeEach(async () => {
    location = await engine.makeLocation();
  });

  async function columnsOf(table: string): Promise<unknown[]> {
    const rows = await readRows(location, catalog.columns, [table]);
    return rows.map(({ name }) => name);
  }

  /** Inserts a row; gives its unique_id. */
  async function insert(dataSource: DataSource, table: string, row: object): Promise<number> {
    const values = Object.keys(row).map((_, index) => dataSource.driver.createParameter("", index));
    const [inserted] = await dataSource.query<{ unique_id: number }[]>(
      `insert into ${table} (${Object.keys(row).join(", ")}) values (${values.join(", ")}) returning unique_id`,
      Object.values(row),
    );
    return inserted?.unique_id ?? 0;
  }

  it("lead from an empty database to what the entities say", async () => {
    await withMigrations(location, all, () => Promise.resolve());
    const dataSource = await (await engineAt(location, 1000)).openWriter();
    try {
      const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
      expect(upQueries.map(({ query }) => query)).to.deep.equal([]);
    } finally {
      await dataSource.destroy();
    }
  });

  it("do nothing the second time", async () => {
    await withMigrations(location, all, () => Promise.resolve());
    const again = await withMigrations(location, all, (dataSource) =>
      dataSource.runMigrations({ transaction: "each" }),
    );
    expect(again).to.deep.equal([]);
  });

  it("give every foreign key an index that begins with it, and delete nothing along it", async () => {
    await withMigrations(location, all, () => Promise.resolve());
    const keys = await readRows(location, catalog.foreignKeys);
    expect(keys).to.have.length(9);
    for (const key of keys) expect(key).to.include({ is_kept: 1, is_indexed: 1 });
  });

  it("begin with the tables of generation 0", async () => {
    await withMigrations(location, 1, () => Promise.resolve());
    expect(await columnsOf("master")).to.deep.equal([
      "unique_id",
      "experiment_name",
      "experiment_description",
      "experiment_id",
    ]);
    expect(await columnsOf("replay_data")).not.to.include("extra_info");
    expect(await columnsOf("raw_data")).to.deep.equal([]);
  });

  const ways = [
    { count: 2, table: "replay_data", column: "extra_info" },
    { count: 2, table: "master", column: "participant_id" },
    { count: 2, table: "master", column: "extra_metadata" },
    { count: 3, table: "outcome_data", column: "outcome_value" },
    { count: 4, table: "raw_data", column: "extra_data" },
  ];
  for (const { count, table, column } of ways) {
    it(`add ${table}.${column}, remove it again, and keep the rows`, async () => {
      await withMigrations(location, count - 1, async (dataSource) => {
        const master = await insert(dataSource, "master", { experiment_name: "kept", experiment_id: "e1" });
        await insert(dataSource, "replay_data", { message_type: "tell", master_table_id: master });
        if (count > 3)
          await insert(dataSource, "raw_data", { timestamp: "2021-05-04", master_table_id: master });
      });
      const expectRows = async () => {
        expect(await readRows(location, "select unique_id, experiment_name from master")).to.deep.equal([
          { unique_id: 1, experiment_name: "kept" },
        ]);
        const messages = await readRows(location, "select message_type, master_table_id from replay_data");
        expect(messages).to.deep.equal([{ message_type: "tell", master_table_id: 1 }]);
        if (count > 3) {
          const trials = await readRows(location, "select timestamp, master_table_id from raw_data");
          expect(trials).to.deep.equal([{ timestamp: "2021-05-04", master_table_id: 1 }]);
        }
      };
      await withMigrations(location, count, async (dataSource) => {
        expect(await columnsOf(table)).to.include(column);
        await expectRows();
        await dataSource.undoLastMigration({ transaction: "each" });
        expect(await columnsOf(table)).not.to.include(column);
        await expectRows();
        await dataSource.runMigrations({ transaction: "each" });
        expect(await columnsOf(table)).to.include(column);
        await expectRows();
      });
    });
  }

  it("add only what a mixed database lacks", async () => {
    await withMigrations(location, 1, async (dataSource) => {
      await dataSource.query("alter table master add column participant_id VARCHAR(50)");
      await dataSource.query("create table raw_data (unique_id INTEGER PRIMARY KEY, extra_data VARCHAR)");
    });
    await withMigrations(location, 4, () => Promise.resolve());
    expect(await columnsOf("master")).to.include.members(["participant_id", "extra_metadata"]);
    expect(await columnsOf("raw_data")).to.include("extra_data");
    expect(await columnsOf("param_data")).to.include("param_value");
  });

  for (const generation of [0, 1, 2, 3]) {
    const file = fixture(`legacy/generation-${generation}.db`);

    it(`migrate the rows of generation ${generation} to the same rows on every engine`, async () => {
      await withMigrations(location, generation + 1, async (dataSource) => {
        // SQLite minds neither lengths nor types: AEPsych's files hold longer ids, and pickles in a column of texts.
        if (engine.name === "PostgreSQL") {
          await dataSource.query("alter table master alter experiment_id type text");
          if (generation === 3)
            await dataSource.query("alter table raw_data alter extra_data type bytea using null");
        }
        const there = await readRows(file, "select name from sqlite_master where type = 'table'");
        for (const table of tables.filter((name) => there.some((row) => row["name"] === name))) {
          for (const row of await readRows(file, `select * from ${table} order by unique_id`))
            await insert(dataSource, table, row);
        }
      });
      await withMigrations(location, all, () => Promise.resolve());
      const upgraded = await copyOf(file);
      await upgrade(upgraded);
      for (const table of tables) {
        const sql = `select * from ${table} order by unique_id`;
        expect(await readRows(location, sql), table).to.deep.equal(await readRows(upgraded, sql));
      }
    });
  }

  it("number new rows after the old ones", async () => {
    await withMigrations(location, 4, (dataSource) =>
      insert(dataSource, "master", { unique_id: 41, experiment_name: "old" }),
    );
    const id = await withMigrations(location, all, (dataSource) =>
      insert(dataSource, "master", { session_id: "s1", last_seq: 0 }),
    );
    expect(id).to.equal(42);
  });

  it("leave a database before the migration that fails", async () => {
    const before = await withMigrations(location, 4, async (dataSource) => {
      await insert(dataSource, "master", { experiment_name: "kept" });
      await dataSource.query("create table rejected_data (mine integer)");
      return Promise.all(tables.map(columnsOf));
    });
    let failure: unknown;
    await withMigrations(location, all, () => Promise.resolve()).catch((error: unknown) => (failure = error));
    expect(failure).to.be.an("error").with.property("message").that.includes("rejected_data");
    expect(await Promise.all(tables.map(columnsOf))).to.deep.equal(before);
    expect(await readRows(location, "select unique_id, experiment_name from master")).to.deep.equal([
      { unique_id: 1, experiment_name: "kept" },
    ]);
    expect(await readRows(location, "select * from migrations")).to.have.length(4);
  });

  it("refuse to revert telltale's own migration", async () => {
    await withMigrations(location, 5, async (dataSource) => {
      let failure: unknown;
      await dataSource
        .undoLastMigration({ transaction: "each" })
        .catch((error: unknown) => (failure = error));
      expect(failure).to.be.an("error").with.property("message").that.includes("backup");
    });
    expect(await columnsOf("master")).to.include("session_id");
  });
});
