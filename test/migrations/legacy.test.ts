import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { execute, readRows } from "../../harness/rows.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { expectUpgraded } from "../support/checks/expect-upgraded.js";
import { rejection } from "../support/checks/rejection.js";
import {
  copyOf,
  fileOf,
  generations,
  parsePythonRows,
  pickled,
  upgrade,
  upgradeChanged,
} from "../support/files/legacy.js";
import { fixture } from "../support/files/vectors.js";

describe("the migration of AEPsych's files", () => {
  for (const generation of generations) {
    it(`keeps everything of generation ${generation}`, async () => {
      const path = await copyOf(fileOf(generation));
      await upgrade(path);
      const lines = readFileSync(fixture(`legacy/generation-${generation}.ndjson`), "utf8");
      await expectUpgraded(fileOf(generation), path, parsePythonRows(lines));
    });

    it(`gives generation ${generation} the same columns as a new database`, async () => {
      const path = await copyOf(fileOf(generation));
      await upgrade(path);
      const fresh = join(await temporaryFolder(), "fresh.db");
      await upgrade(fresh);
      const sql =
        "select type, name, tbl_name, sql from sqlite_master where name not like 'sqlite%' order by name";
      expect(await readRows(path, sql)).to.deep.equal(await readRows(fresh, sql));
    });

    it(`does nothing the second time to generation ${generation}`, async () => {
      const path = await copyOf(fileOf(generation));
      await upgrade(path);
      expect(await upgrade(path)).to.deep.equal([]);
    });

    it(`gives the sessions of generation ${generation} the same ids in every copy`, async () => {
      const [one, two] = [await copyOf(fileOf(generation)), await copyOf(fileOf(generation))];
      await upgrade(one);
      await upgrade(two);
      const sql = "select session_id from master order by unique_id";
      const ids = (await readRows(one, sql)).map((row) => row["session_id"]);
      expect(new Set(ids).size).to.equal(ids.length);
      expect((await readRows(two, sql)).map((row) => row["session_id"])).to.deep.equal(ids);
    });
  }

  it("gives sessions the same ids as earlier versions", async () => {
    const path = await copyOf(fileOf(1));
    await upgrade(path);
    expect(await readRows(path, "select session_id from master order by unique_id")).to.deep.equal([
      { session_id: "f8cd8c8a-0d62-5729-afd3-90daf6deacc2" },
      { session_id: "2fe39763-ac94-5b11-bcfa-f90b9349f1ce" },
      { session_id: "61444c21-2322-5809-970b-7fb15478ddd9" },
    ]);
  });

  it("gives equal sessions of one file different ids", async () => {
    const path = await upgradeChanged(
      1,
      `insert into master (unique_id, experiment_name) values (3, 'a'), (4, 'b'), (5, 'c')`,
    );
    const rows = await readRows(path, "select distinct session_id from master where unique_id > 2");
    // Three, and the session of the rows without one.
    expect(rows).to.have.length(4);
  });

  it("leaves other tables and views unchanged", async () => {
    const path = await upgradeChanged(
      1,
      `create table notes (id integer primary key, text, master references master (unique_id));
       insert into notes values (1, 'kept', 2), (2, 'dangling', 77);
       create view names as select experiment_name from master;
       create table child (id integer primary key, message references replay_data (unique_id))`,
    );
    expect(await readRows(path, "select text from notes")).to.deep.equal([
      { text: "kept" },
      { text: "dangling" },
    ]);
    expect(await readRows(path, "select * from names limit 1")).to.deep.equal([
      { experiment_name: "Experiment 0" },
    ]);
    const others = await readRows(
      path,
      "select sql from sqlite_master where name in ('notes', 'names', 'child')",
    );
    expect(JSON.stringify(others)).not.to.include("telltale_old");
  });

  it("keeps columns that another program added", async () => {
    const path = await upgradeChanged(
      1,
      `alter table master add column notes; update master set notes = 'mine' where unique_id = 2;
       alter table replay_data add column "SEQ" text; update replay_data set seq = 'first' where unique_id = 1`,
    );
    expect(await readRows(path, "select notes from master where unique_id <= 2")).to.deep.equal([
      { notes: null },
      { notes: "mine" },
    ]);
    expect(await readRows(path, "select seq, aepsych_SEQ as kept from replay_data limit 1")).to.deep.equal([
      { seq: 1, kept: "first" },
    ]);
  });

  it("numbers new rows after the old ones", async () => {
    const path = await upgradeChanged(1, "update replay_data set unique_id = 1000 where unique_id = 25");
    await execute(path, "insert into replay_data (master_table_id, seq, message_id) values (1, 99, 'new')");
    expect(await readRows(path, "select unique_id from replay_data where message_id = 'new'")).to.deep.equal([
      { unique_id: 1001 },
    ]);
  });

  it("leaves a file unchanged when it fails", async () => {
    const path = await copyOf(fileOf(2));
    // A table in the way of one of telltale's.
    await execute(path, "create table rejected_data (id integer primary key)");
    const tables =
      "select name, sql from sqlite_master where name not in ('migrations', 'sqlite_sequence') and tbl_name <> 'raw_data' order by name";
    const before = await readRows(path, tables);
    expect(await rejection(upgrade(path)))
      .to.be.an("error")
      .with.property("message")
      .that.includes("rejected_data");
    expect(await readRows(path, tables)).to.deep.equal(before);
    expect(await readRows(path, "select count(*) as n from replay_data")).to.deep.equal([{ n: 18 }]);
  });

  it("reports its progress", async () => {
    const path = await copyOf(fileOf(2));
    await execute(
      path,
      `with recursive counted (n) as (select 1 union all select n + 1 from counted where n < 4000)
       insert into replay_data (message_type, message_contents, master_table_id) select 'ask', ${pickled("x")}, 1 from counted`,
    );
    const said: string[] = [];
    const nothing = () => undefined;
    await upgrade(path, {
      logger: {
        logQuery: nothing,
        logQueryError: nothing,
        logQuerySlow: nothing,
        logSchemaBuild: nothing,
        log: nothing,
        logMigration: (message) => said.push(message),
      },
    });
    expect(said).to.include.members([
      "master: 2 of 2 rows",
      "replay_data: 2000 of 4018 rows",
      "replay_data: 4000 of 4018 rows",
      "replay_data: 4018 of 4018 rows",
      "param_data: 12 of 12 rows",
    ]);
  });

  it("copies a strat that is larger than a chunk", async () => {
    const path = await upgradeChanged(
      1,
      "update strat_data set strat = zeroblob(9437184) where unique_id = 1",
    );
    const rows = await readRows(
      path,
      "select coding, length(strat) as length from strat_data order by unique_id",
    );
    expect(rows[0]).to.deep.equal({ coding: "pickle", length: 9437184 });
    expect(rows[2]).to.deep.equal({ coding: "bytes", length: 2000 });
    expect(rows).to.have.length(3);
  });
});
