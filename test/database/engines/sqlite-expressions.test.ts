import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { planUpgradeOf } from "../../../src/maintenance/index.js";
import { rejection } from "../../support/checks/rejection.js";
import { execute } from "../../../harness/rows.js";
import { fileOf } from "../../support/files/legacy.js";
import { temporaryFolder } from "../../../harness/temporary-folder.js";

describe("The schema of a file to upgrade", () => {
  async function fileWith(sql: string): Promise<string> {
    const path = join(await temporaryFolder(), "lab.db");
    await copyFile(fileOf(2), path);
    await execute(path, sql);
    return path;
  }

  const refused: [string, string, string][] = [
    ["an index of an expression", "create index large on master (length(experiment_name || 'x'))", "large"],
    [
      "a condition of an index",
      "create index large on master (unique_id) where hex(experiment_name) <> ''",
      "large",
    ],
    ["a function in a CHECK", "create table t (a check (length(a) < 5))", "t"],
    ["a quoted function in a CHECK", `create table t (a, check ("length"(a) < 5))`, "t"],
    [
      "a function in a CHECK behind a comment",
      "create table t (a check /* ( */ (-- )\n length/**/(a) < 5))",
      "t",
    ],
    ["a text that grows in a CHECK", "create table t (a check (a || a <> 'x'))", "t"],
    ["a generated column", "create table t (a, b as (a || a))", "t"],
    ["a stored generated column", "create table t (a, b generated always as (a + 1) stored)", "t"],
    ["a virtual table", "create virtual table t using fts5 (a)", "t"],
    [
      "a view in the place of a table",
      "drop table strat_data; create view strat_data as select 1 as unique_id",
      "strat_data",
    ],
  ];
  for (const [what, sql, name] of refused) {
    it(`is refused with ${what}`, async () => {
      const error = await rejection(planUpgradeOf(await fileWith(sql)));
      expect(error).to.have.property("code", "not_a_database");
      expect((error as Error).message)
        .to.include(JSON.stringify(name))
        .and.to.match(/lab\.db has .* copy of the file/);
    });
  }

  it("may have what AEPsych and its users write", async () => {
    const path =
      await fileWith(`create table notes (id integer primary key, text varchar(50) default 'check (x)',
        done boolean check (done in (0, 1)), constraint "check" check ((id > 0) and not (text = 'length(1)')));
      create index "by (name)" on master (experiment_name collate nocase desc, participant_id);
      create unique index some on notes (text) where done = 1 or (id in (1, 2));
      create view names as select upper(experiment_name) as name from master;
      create trigger copied after insert on notes begin update notes set text = upper(text); end`);
    expect(await planUpgradeOf(path)).to.include({ generation: 2 });
  });
});
