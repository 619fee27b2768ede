import { stat } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { Database } from "../../src/library/index.js";
import { describeOnEngines } from "../../harness/engines.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { expectCode } from "../support/checks/expect-code.js";

describeOnEngines("Database", (engine) => {
  let database: Database;

  beforeEach(async () => {
    database = await Database.open(await engine.makeLocation());
  });

  afterEach(async () => {
    await database.close();
  });

  const begin = () => database.recordSetup({ name: "Gabor", description: "contrast", id: "e1" });

  describe("executeSqlQuery", () => {
    it("binds named values, and leaves colons in texts unchanged", async () => {
      await begin();
      expect(
        await database.executeSqlQuery(
          "select experiment_name as name, ':not' as \"a:b\" from master where experiment_id = :id -- :nor\n",
          { id: "e1" },
        ),
      ).to.deep.equal([{ name: "Gabor", "a:b": ":not" }]);
    });

    it("refuses values and parameters that do not match", async () => {
      await expectCode(database.executeSqlQuery("select :a"), "bad_argument");
      await expectCode(database.executeSqlQuery("select 1", { a: 1 }), "bad_argument");
    });

    it("refuses two columns of one name, of which a row would lose one", async () => {
      const { uniqueId } = await begin();
      for (const query of [
        "select 1 as a, 2 as a",
        "select unique_id, m.* from master as m;",
        "with m as (select * from master) select m.*, n.unique_id from m join m as n on n.unique_id = m.unique_id",
      ]) {
        const message = await expectCode(database.executeSqlQuery(query), "bad_query");
        expect(message, query).to.match(/named (a|unique_id);/);
      }
      const rows = await database.executeSqlQuery(
        'select unique_id as "a", unique_id as "a:1" from master where unique_id = :id',
        { id: uniqueId },
      );
      expect(rows).to.deep.equal([{ a: uniqueId, "a:1": uniqueId }]);
    });

    it("refuses several statements, of which it would run the first", async () => {
      for (const query of ["select 1 as a; select 2 as b", "select 1 as a /* ; */; -- ;\n select 2 as b"])
        await expectCode(database.executeSqlQuery(query), "bad_query");
      for (const query of ["select ';' as a", "select ';' as a; -- ; more\n /* ; */"])
        expect(await database.executeSqlQuery(query)).to.deep.equal([{ a: ";" }]);
    });

    it("reports the engine's error for a wrong query, and works afterwards", async () => {
      expect(
        await expectCode(database.executeSqlQuery("select nothing from master"), "bad_query"),
      ).to.include("nothing");
      expect(await database.executeSqlQuery("select 1 as one")).to.deep.equal([{ one: 1 }]);
    });

    for (const statement of [
      "delete from master",
      "update master set last_seq = 0",
      "drop table outcome_data",
      "create table mine (a integer)",
    ]) {
      it(`does not run: ${statement}`, async () => {
        const master = await begin();
        await expectCode(database.executeSqlQuery(statement), "bad_query");
        expect(await database.getMasterRecord(master.uniqueId)).to.deep.equal(master);
      });
    }
  });
});

describe("Database on a SQLite file", () => {
  let path: string;
  let database: Database;

  beforeEach(async () => {
    path = join(await temporaryFolder(), "test.db");
    database = await Database.open(path);
  });

  afterEach(async () => {
    await database.close();
  });

  const begin = () => database.recordSetup({ name: "Gabor" });

  describe("executeSqlQuery", () => {
    for (const statement of ["begin", "create temporary table master (unique_id integer)"]) {
      it(`leaves no trace of: ${statement}`, async () => {
        await database.executeSqlQuery(statement);
        const master = await begin();
        expect(await database.getMasterRecords()).to.deep.equal([master]);
      });
    }

    it("writes no other file", async () => {
      const other = join(await temporaryFolder(), "other.db");
      await expectCode(database.executeSqlQuery("vacuum into :other", { other }), "bad_query");
      await expectCode(database.executeSqlQuery("attach :other as other", { other }), "bad_query");
      expect(await stat(other).catch(() => undefined)).to.equal(undefined);
    });

    it("runs statements that are not a select", async () => {
      const [column] = await database.executeSqlQuery("pragma table_info(master)");
      expect(column).to.include({ name: "unique_id" });
      const rows = await database.executeSqlQuery("explain query plan select * from master");
      expect(rows).not.to.be.empty;
    });

    it("tells quoted semicolons from the end of a statement", async () => {
      const query = "select 1 as [a;b], 2 as `c;d`, 3 as \"e;\"\"f\", 'g;''h' as i;;";
      expect(await database.executeSqlQuery(query)).to.deep.equal([
        { "a;b": 1, "c;d": 2, 'e;"f': 3, i: "g;'h" },
      ]);
    });

    it("refuses an empty query", async () => {
      await expectCode(database.executeSqlQuery(""), "bad_query");
    });
  });
});
