import { copyFile, readFile, readdir } from "node:fs/promises";
import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { expect } from "chai";
import { describeOnEngines } from "../../../harness/engines.js";
import { recorded } from "../../support/files/legacy.js";
import { checkSessions } from "../../../harness/check-sessions.js";
import { execute, readRows } from "../../../harness/rows.js";
import { readSessions, readTables } from "../../support/database/session-rows.js";
import { fixture } from "../../support/files/vectors.js";
import { upgradeInPlace, useImportFixture } from "../../support/database/import-fixture.js";

const oldFiles = [
  ...[0, 1, 2, 3].map((generation) => fixture(`legacy/generation-${generation}.db`)),
  ...(existsSync(recorded) ? readdirSync(recorded) : [])
    .filter((name) => name.endsWith(".db"))
    .map((name) => join(recorded, name)),
];

describeOnEngines("importFile of a file that AEPsych wrote", (engine) => {
  const lab = useImportFixture(engine);

  if (!existsSync(recorded)) it.skip("copies files that AEPsych itself wrote: they are not here");

  for (const path of oldFiles) {
    describe(basename(path), () => {
      beforeEach(() => copyFile(path, lab.file));

      it("copies every row as an upgrade in place would leave it", async () => {
        const upgraded = join(lab.folder, "upgraded.db");
        await copyFile(path, upgraded);
        await upgradeInPlace(upgraded);
        const report = await lab.import();
        const expected = await readSessions(upgraded);
        expect(await readSessions(lab.target)).to.deep.equal(expected);
        expect(report).to.deep.include({
          path: lab.file,
          sessionsNew: expected.masters.length,
          sessionsGrown: 0,
          sessionsUnchanged: 0,
          messages: expected.messages.length,
          trials: expected.trials.length,
          conflicts: [],
        });
        expect(report.upgrade?.backup).to.equal(undefined);
        for (const { source } of await readRows(lab.target, "select source from master"))
          expect(source).to.equal("lab.db");
        for (const { isDifferent } of await checkSessions(lab.target)) expect(isDifferent).to.equal(false);
      });

      it("leaves the file and its folder unchanged", async () => {
        await lab.import();
        expect(await readdir(lab.folder)).to.deep.equal(["lab.db"]);
        expect(await readFile(lab.file)).to.deep.equal(await readFile(path));
      });

      it("adds nothing the second time", async () => {
        const first = await lab.import();
        const before = await readTables(lab.target);
        expect(await lab.import()).to.deep.include({
          sessionsNew: 0,
          sessionsGrown: 0,
          sessionsUnchanged: first.sessionsNew,
          messages: 0,
          trials: 0,
          conflicts: [],
        });
        expect(await readTables(lab.target)).to.deep.equal(before);
      });
    });
  }

  it("copies the first tell of single_stimuli.db with its trial", async function () {
    const path = join(recorded, "single_stimuli.db");
    if (!existsSync(path)) this.skip();
    await lab.import(path);
    const [first] = await readRows(
      lab.target,
      "select unique_id, extra_data from raw_data order by unique_id",
    );
    expect(JSON.parse(first?.["extra_data"] as string)).to.deep.equal({ e1: 1, e2: 2 });
    const sql = "select param_name, param_value from param_data where iteration_id = ? order by unique_id";
    expect(await readRows(lab.target, sql, [first?.["unique_id"]])).to.deep.equal([
      { param_name: "x1", param_value: "0.1" },
      { param_name: "x2", param_value: "4" },
    ]);
  });

  it("adds only what is new, rows without a master included", async () => {
    await copyFile(fixture("legacy/generation-1.db"), lab.file);
    await lab.import();
    const before = await readTables(lab.target);
    const again = (where: string) =>
      `insert into replay_data (timestamp, message_type, message_contents, extra_info, master_table_id)
       select '2023-01-01 00:00:00.000001', message_type, message_contents, extra_info, master_table_id
       from replay_data where ${where} order by unique_id limit 1`;
    await execute(
      lab.file,
      `${again("message_type = 'ask' and master_table_id = 1")};
       ${again("message_type = 'tell' and master_table_id = 1")};
       ${again("master_table_id is null")};
       insert into strat_data (timestamp, strat, master_table_id) select '2023-01-01', strat, 1 from strat_data limit 1`,
    );
    const report = await lab.import();
    expect(report).to.include({
      sessionsNew: 0,
      sessionsGrown: 2,
      sessionsUnchanged: 1,
      messages: 3,
      trials: 2,
    });
    const after = await readTables(lab.target);
    before.slice(1).forEach((rows, index) => {
      expect(after[index + 1]!.slice(0, rows.length)).to.deep.equal(rows);
    });
    const upgraded = join(lab.folder, "upgraded.db");
    await copyFile(lab.file, upgraded);
    await upgradeInPlace(upgraded);
    expect(await readSessions(lab.target)).to.deep.equal(await readSessions(upgraded));
    expect(await lab.import()).to.include({ sessionsUnchanged: 3 });
  });

  it("adds only new trials to those that AEPsych wrote itself", async () => {
    await copyFile(fixture("legacy/generation-3.db"), lab.file);
    await lab.import();
    await execute(
      lab.file,
      `insert into replay_data (timestamp, message_type, message_contents, master_table_id)
       select '2023-01-01', message_type, message_contents, master_table_id from replay_data where message_type = 'tell' limit 1;
       insert into raw_data (timestamp, model_data, master_table_id) values ('2023-01-01', 1, 1);
       insert into param_data (param_name, param_value, iteration_id) values ('x1', '0.5', last_insert_rowid())`,
    );
    expect(await lab.import()).to.include({ sessionsGrown: 1, messages: 1, trials: 1 });
    const upgraded = join(lab.folder, "upgraded.db");
    await copyFile(lab.file, upgraded);
    await upgradeInPlace(upgraded);
    const { params, trials } = await readSessions(lab.target);
    const expected = await readSessions(upgraded);
    expect(params).to.deep.equal(expected.params);
    expect(trials.length).to.equal(expected.trials.length);
  });

  it("does not duplicate the trials of a session that a newer AEPsych has written since", async () => {
    await copyFile(fixture("legacy/generation-1.db"), lab.file);
    await lab.import();
    const before = await readTables(lab.target);
    await execute(
      lab.file,
      `create table raw_data (unique_id integer primary key, timestamp datetime, model_data boolean, master_table_id integer);
       create table param_data (unique_id integer primary key, param_name text, param_value text, iteration_id integer);
       create table outcome_data (unique_id integer primary key, outcome_name text, outcome_value float, iteration_id integer);
       insert into raw_data (timestamp, model_data, master_table_id)
       select timestamp, 1, master_table_id from replay_data where message_type = 'tell' and master_table_id is not null`,
    );
    const report = await lab.import();
    expect(report).to.include({ sessionsUnchanged: 3, messages: 0, trials: 0 });
    expect(report.notes[0]).to.match(/^Not imported: 1[0-9] of the trials that AEPsych wrote itself/);
    expect(await readTables(lab.target)).to.deep.equal(before);
    await execute(
      lab.file,
      `insert into replay_data (timestamp, message_type, message_contents, master_table_id)
       select '2023-01-01', message_type, message_contents, 2 from replay_data where message_type = 'tell' limit 1;
       insert into raw_data (timestamp, model_data, master_table_id) values ('2023-01-01', 1, 2)`,
    );
    expect(await lab.import()).to.include({ sessionsGrown: 1, messages: 1, trials: 1 });
    for (const { isDifferent } of await checkSessions(lab.target)) expect(isDifferent).to.equal(false);
    expect(await readRows(lab.target, "select 1 as one from raw_data where replay_table_id is null")).to.be
      .empty;
  });

  it("recognizes its sessions after telltale migrate", async () => {
    await copyFile(fixture("legacy/generation-2.db"), lab.file);
    await lab.import();
    const before = await readTables(lab.target);
    await upgradeInPlace(lab.file);
    expect(await lab.import()).to.include({ sessionsNew: 0, sessionsUnchanged: 2, upgrade: undefined });
    expect(await readTables(lab.target)).to.deep.equal(before);
  });

  it("finishes an unfinished upgrade, in the copy only", async () => {
    await copyFile(fixture("legacy/generation-1.db"), lab.file);
    await upgradeInPlace(lab.file);
    await execute(
      lab.file,
      "delete from param_data; delete from outcome_data; delete from raw_data; update master set rebuild_due = 1",
    );
    const before = await readFile(lab.file);
    const report = await lab.import();
    expect(report.trials).to.be.greaterThan(0);
    expect(await readFile(lab.file)).to.deep.equal(before);
    for (const { isDifferent } of await checkSessions(lab.target)) expect(isDifferent).to.equal(false);
  });

  it("replaces U+0000, which PostgreSQL cannot store, by U+FFFD", async () => {
    await copyFile(fixture("legacy/generation-2.db"), lab.file);
    await execute(
      lab.file,
      `update master set experiment_name = 'a' || char(0) || 'b'; update strat_data set timestamp = 'c' || char(0);
       update raw_data set timestamp = char(0); update param_data set param_value = 'd' || char(0)`,
    );
    await lab.import();
    const [master] = await readRows(lab.target, "select experiment_name from master");
    expect(master).to.deep.equal({ experiment_name: "a\uFFFDb" });
    expect(await lab.import()).to.include({ sessionsUnchanged: 2 });
  });
});
