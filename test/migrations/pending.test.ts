import { join } from "node:path";
import { expect } from "chai";
import sqlite3 from "sqlite3";
import { migrations } from "../../migrations/index.js";
import { adoptMigrations, pendingMigrations } from "../../migrations/pending.js";
import { copyOf, upgrade, withFile } from "../support/files/legacy.js";
import { rejection } from "../support/checks/rejection.js";
import { execute, readRows } from "../../harness/rows.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { fixture } from "../support/files/vectors.js";

const all = migrations.map(({ name }) => name.slice(0, -13));
const fileOf = (generation: number) => fixture(`legacy/generation-${generation}.db`);
const sqlOfRecord = "select sql from sqlite_master where name = 'migrations'";

/** The names of the migrations that a file lacks, open for reading only. */
async function pending(path: string): Promise<string[]> {
  return withFile(
    path,
    async (dataSource) =>
      (await pendingMigrations(dataSource)).map((migration) => migration.constructor.name.slice(0, -13)),
    {
      flags: sqlite3.OPEN_READONLY,
    },
  );
}

const adopt = (path: string) => withFile(path, adoptMigrations);

/** A file that AEPsych itself opened later: the tables of a newer generation are there, empty. */
async function mixedFile(): Promise<string> {
  const path = await copyOf(fileOf(0));
  await execute(
    path,
    `create table raw_data (unique_id INTEGER NOT NULL PRIMARY KEY, timestamp DATETIME, model_data BOOLEAN, extra_data VARCHAR, master_table_id INTEGER REFERENCES master (unique_id));
     create table param_data (unique_id INTEGER NOT NULL PRIMARY KEY, param_name VARCHAR(50), param_value VARCHAR(50), iteration_id INTEGER REFERENCES raw_data (unique_id));
     create table outcome_data (unique_id INTEGER NOT NULL PRIMARY KEY, outcome_name VARCHAR(50), outcome_value FLOAT, iteration_id INTEGER REFERENCES raw_data (unique_id))`,
  );
  return path;
}

describe("pendingMigrations", () => {
  for (const generation of [0, 1, 2, 3]) {
    it(`names those above generation ${generation}, from its columns`, async () => {
      expect(await pending(fileOf(generation))).to.deep.equal(all.slice(generation + 1));
    });
  }

  it("names those that a mixed file lacks", async () => {
    expect(await pending(await mixedFile())).to.deep.equal([
      "AddParticipantAndExtraInfo",
      "BecomeTelltale",
      "AddViews",
      "AddDigests",
      "AddRightValues",
      "AddDeletedSessions",
    ]);
  });

  it("names all for an empty database", async () => {
    const path = join(await temporaryFolder(), "empty.db");
    await execute(path, "pragma user_version = 1");
    expect(await pending(path)).to.deep.equal(all);
  });

  it("names none if all are applied", async () => {
    const path = await copyOf(fileOf(1));
    await upgrade(path);
    expect(await pending(path)).to.deep.equal([]);
  });

  it("goes by the record, not by the columns, where there is one", async () => {
    const path = await copyOf(fileOf(1));
    await upgrade(path);
    await execute(path, `delete from migrations where name like 'BecomeTelltale%'`);
    expect(await pending(path)).to.deep.equal(["BecomeTelltale"]);
  });

  it("reads the columns if the record is empty", async () => {
    const path = await copyOf(fileOf(2));
    await execute(path, "create table migrations (id integer primary key, timestamp bigint, name varchar)");
    expect(await pending(path)).to.deep.equal([
      "AddExtraData",
      "BecomeTelltale",
      "AddViews",
      "AddDigests",
      "AddRightValues",
      "AddDeletedSessions",
    ]);
  });

  it("says which tables a migration changes", async () => {
    await withFile(fileOf(3), async (dataSource) => {
      const [migration] = await pendingMigrations(dataSource);
      const tables = await readRows(fileOf(3), "select name from sqlite_master where type = 'table'");
      expect([...(migration?.touches ?? [])].sort()).to.deep.equal(
        tables.map(({ name }) => name as string).sort(),
      );
    });
  });
});

describe("adoptMigrations", () => {
  it("records the migrations that the columns show, so that only the others run", async () => {
    const path = await mixedFile();
    const applied = await upgrade(path);
    expect(applied.map((name) => name.slice(0, -13))).to.deep.equal([
      "AddParticipantAndExtraInfo",
      "BecomeTelltale",
      "AddViews",
      "AddDigests",
      "AddRightValues",
      "AddDeletedSessions",
    ]);
    expect(await readRows(path, "select name from migrations order by timestamp")).to.deep.equal(
      migrations.map(({ name }) => ({ name })),
    );
  });

  it("creates the same record as TypeORM", async () => {
    const [adopted, fresh] = [await copyOf(fileOf(1)), join(await temporaryFolder(), "fresh.db")];
    await adopt(adopted);
    await withFile(fresh, (dataSource) => dataSource.runMigrations({ transaction: "each" }));
    expect(await readRows(adopted, sqlOfRecord)).to.deep.equal(await readRows(fresh, sqlOfRecord));
    expect(await readRows(adopted, "select timestamp, name from migrations")).to.deep.equal(
      await readRows(fresh, "select timestamp, name from migrations limit 2"),
    );
  });

  it("changes nothing the second time", async () => {
    const path = await copyOf(fileOf(1));
    await adopt(path);
    const before = await readRows(path, "select * from migrations");
    await adopt(path);
    expect(await readRows(path, "select * from migrations")).to.deep.equal(before);
  });

  it("fills an empty record", async () => {
    const path = await copyOf(fileOf(1));
    await withFile(path, (dataSource) => dataSource.runMigrations({ transaction: "each", fake: true }));
    await execute(path, "delete from migrations");
    await adopt(path);
    expect(await readRows(path, "select name from migrations")).to.have.length(2);
  });

  it("leaves an empty database empty", async () => {
    const path = join(await temporaryFolder(), "empty.db");
    await adopt(path);
    expect(await readRows(path, "select * from sqlite_master")).to.deep.equal([]);
  });

  it("leaves no partial record when it fails", async () => {
    const path = await copyOf(fileOf(1));
    await withFile(path, async (dataSource) => {
      dataSource.driver.createParameter = () => "?, no parameter";
      expect(await rejection(adoptMigrations(dataSource))).to.be.an("error");
    });
    expect(await readRows(path, sqlOfRecord)).to.deep.equal([]);
  });
});
