import { expect } from "chai";
import { rebuildSession } from "../../../src/maintenance/index.js";
import { type ValueMap } from "../../../src/protocol/index.js";
import { checkSessions } from "../../../harness/check-sessions.js";
import { allowDifference, expectDerived } from "../../support/checks/rebuild.js";
import { rejection } from "../../support/checks/rejection.js";
import { derivedTell, useRebuildFixture } from "../../support/database/rebuild-fixture.js";
import { dig, readVectors } from "../../support/files/vectors.js";
import { setupWrite } from "../../support/database/writes.js";

describe("rebuildSession", () => {
  const lab = useRebuildFixture();

  for (const vector of readVectors("tell.json")) {
    it(`finds no difference in a tell that the daemon stored: ${vector.get("name") as string}`, async () => {
      const names = (vector.get("outcome_names") ?? []) as string[];
      const config = `[common]\nstimuli_per_trial = ${vector.get("stimuli_per_trial") as number}\noutcome_names = [${names.join(", ")}]\n`;
      await lab.database.submit(setupWrite("s1", config));
      await lab.database.submit(
        derivedTell(vector.get("message"), config, vector.get("extra_info"), vector.get("batch")),
      );
      const expected = dig(vector, "expected") as ValueMap;
      const trials = (expected.get("trials") ?? []) as ValueMap[];
      const [session] = await checkSessions(lab.path);
      expect(session).to.include({
        isDifferent: false,
        tells: 1,
        trialsEqual: trials.length,
        underivable: expected.has("underivable") ? 1 : 0,
      });
      await expectDerived(lab.path);
    });
  }

  it("finds no difference in names and values that the columns cannot store exactly", async () => {
    await lab.database.submit(setupWrite("s1"));
    await lab.database.submit(
      derivedTell({ config: { "x\0\ud800": "\0\ud800", z: -0 }, outcome: { "a\0": "\ud800" } }),
    );
    await lab.database.submit(derivedTell({ config: { x: 10n ** 30n }, outcome: [Infinity], "\0": NaN }));
    await lab.database.submit(derivedTell({ config: { x: -0 }, outcome: -0 }));
    const [session] = await checkSessions(lab.path);
    expect(session).to.include({ trialsEqual: 3, isDifferent: false });
  });

  it("writes nothing where nothing differs", async () => {
    await lab.tellThree();
    const before = await lab.readAll();
    expect(await lab.rebuild()).to.include({ trialsEqual: 3, trialsAdded: 0, isDifferent: false });
    expect(await lab.readAll()).to.deep.equal(before);
  });

  it("restores deleted trials with the timestamps of their tells", async () => {
    await lab.tellThree();
    await lab.execute("update replay_data set timestamp = '2021-05-04 10:11:12.131415' where seq = 2");
    await lab.execute(
      "update raw_data set timestamp = '2021-05-04 10:11:12.131415' where replay_table_id = 2",
    );
    const before = await lab.readTrials();
    await lab.deleteTrials();
    expect(await lab.rebuild()).to.include({ trialsAdded: 3, trialsRemoved: 0, isDifferent: true });
    expect(await lab.readTrials()).to.deep.equal(before);
    await expectDerived(lab.path);
  });

  it("only reports differences in check mode", async () => {
    allowDifference("changes a parameter");
    await lab.tellThree();
    await lab.execute("update param_data set param_value = '0.75' where unique_id = 1");
    const before = await lab.readAll();
    const session = await lab.rebuild("check");
    expect(session).to.include({ trialsAdded: 1, trialsRemoved: 1, trialsEqual: 2, isDifferent: true });
    expect(session.differences).to.deep.equal([
      'Message 2, trial 1: parameter "x" is "0.75", not "x" "0.5".',
    ]);
    expect(await lab.readAll()).to.deep.equal(before);
  });

  const changes = {
    "a parameter's value": "update param_data set param_value = '0.75' where unique_id = 1",
    "a parameter's name": "update param_data set param_name = 'xx' where unique_id = 1",
    "a parameter that is null": "update param_data set param_value = null where unique_id = 1",
    "an extra parameter":
      "insert into param_data (param_name, param_value, iteration_id) values ('z', '1', 1)",
    "an outcome's value": "update outcome_data set outcome_value = 0.5 where unique_id = 1",
    "an outcome's text": "update outcome_data set outcome_text = 'no' where outcome_text = 'yes'",
    "a missing outcome": "delete from outcome_data where unique_id = 1",
    "a timestamp": "update raw_data set timestamp = '2021-05-04' where unique_id = 1",
    model_data: "update raw_data set model_data = 0 where unique_id = 1",
    extra_data: `update raw_data set extra_data = '{"note":"o"}' where unique_id = 1`,
    "extra_data that is not valid JSON": "update raw_data set extra_data = 'note' where unique_id = 1",
    "a missing trial":
      "delete from param_data where iteration_id = 1; delete from outcome_data where iteration_id = 1; delete from raw_data where unique_id = 1",
    "an extra trial":
      "insert into raw_data (timestamp, model_data, master_table_id, replay_table_id) values ('2021', 1, 1, 2)",
  };
  for (const [what, sql] of Object.entries(changes)) {
    it(`repairs ${what}`, async () => {
      await lab.tellThree();
      const before = await lab.readTrials();
      await lab.execute(sql);
      expect((await checkSessions(lab.path))[0]).to.include({ isDifferent: true });
      expect(await lab.rebuild()).to.include({ isDifferent: true });
      expect(await lab.readTrials()).to.deep.equal(before);
      expect(await lab.read("select count(*) as n from raw_data")).to.deep.equal([{ n: 3 }]);
      await expectDerived(lab.path);
    });
  }

  it("treats numbers and JSON in another notation as equal", async () => {
    await lab.tellThree();
    await lab.execute(`update param_data set param_value = '5.0e-1' where param_value = '0.5';
       update raw_data set extra_data = '{ "note": "\\u00e4" }' where unique_id = 1`);
    await expectDerived(lab.path);
  });

  it("repairs values of derived trials that are formatted as Python does", async () => {
    await lab.database.submit(setupWrite("s1"));
    await lab.database.submit(derivedTell({ config: { x: true }, outcome: 1 }));
    await lab.execute("update param_data set param_value = 'True'");
    expect(await lab.rebuild()).to.include({ trialsAdded: 1, trialsRemoved: 1 });
    expect(await lab.read("select param_value from param_data")).to.deep.equal([{ param_value: "true" }]);
  });

  it("tells large integers apart that are the same double", async () => {
    allowDifference("changes a parameter");
    await lab.database.submit(setupWrite("s1"));
    await lab.database.submit(derivedTell({ config: { x: 2n ** 60n }, outcome: 1 }));
    await lab.execute(`update param_data set param_value = '${2n ** 60n + 1n}'`);
    expect((await checkSessions(lab.path))[0]).to.include({ trialsAdded: 1, isDifferent: true });
  });

  it("leaves the trials next to a changed one untouched", async () => {
    await lab.tellThree();
    const [before] = await lab.read("select group_concat(unique_id) as ids from raw_data");
    const rest = "select * from param_data where iteration_id <> 1 order by unique_id";
    const params = await lab.read(rest);
    await lab.execute("update param_data set param_value = '9' where iteration_id = 1");
    expect(await lab.rebuild()).to.include({ trialsEqual: 2, trialsAdded: 1, trialsRemoved: 1 });
    expect(await lab.read("select group_concat(unique_id) as ids from raw_data")).to.deep.equal([before]);
    expect(await lab.read(rest)).to.deep.equal(params);
  });

  it("restores a missing derivation_error and clears a wrong one", async () => {
    await lab.tellThree();
    await lab.database.submit(derivedTell({ config: { x: [] }, outcome: 1 }));
    const before = await lab.read("select derivation_error from replay_data order by seq");
    await lab.execute(
      "update replay_data set derivation_error = case seq when 4 then null else 'Outdated.' end where seq in (2, 4)",
    );
    expect(await lab.rebuild()).to.include({
      underivable: 1,
      errorsChanged: 2,
      trialsEqual: 3,
      isDifferent: true,
    });
    expect(await lab.read("select derivation_error from replay_data order by seq")).to.deep.equal(before);
    await expectDerived(lab.path);
  });

  it("removes the trials of a tell that is underivable", async () => {
    await lab.database.submit(setupWrite("s1"));
    await lab.database.submit(derivedTell({ config: { x: [] }, outcome: 1 }));
    await lab.execute("insert into raw_data (master_table_id, replay_table_id) values (1, 2)");
    expect(await lab.rebuild()).to.include({ trialsRemoved: 1, trialsAdded: 0 });
    expect(await lab.read("select * from raw_data")).to.deep.equal([]);
  });

  it("describes the first differences and counts the others", async () => {
    allowDifference("changes outcomes");
    await lab.database.submit(setupWrite("s1"));
    await lab.database.submit(
      derivedTell({ config: { x: Array.from({ length: 50 }, (_, x) => x) }, outcome: Array(50).fill(1) }),
    );
    await lab.execute("update outcome_data set outcome_value = 2");
    const { differences, moreDifferences } = await lab.rebuild("check");
    expect([differences.length, moreDifferences]).to.deep.equal([20, 30]);
  });

  it("reads a log that is longer than a page, with messages larger than a page", async () => {
    await lab.database.submit(setupWrite("s1"));
    const tells = Array.from({ length: 450 }, (_, trial) =>
      derivedTell({
        config: { x: trial },
        outcome: 1,
        ...(trial % 100 === 0 ? { note: "n".repeat(300_000) } : {}),
      }),
    );
    await Promise.all(tells.map((write) => lab.database.submit(write)));
    const before = await lab.readTrials();
    expect((await checkSessions(lab.path))[0]).to.include({
      tells: 450,
      trialsEqual: 450,
      isDifferent: false,
    });
    await lab.deleteTrials();
    expect(await lab.rebuild()).to.include({ trialsAdded: 450 });
    expect(await lab.readTrials()).to.deep.equal(before);
  });

  it("rolls back a rebuild that fails", async () => {
    allowDifference("takes every trial away");
    await lab.tellThree();
    await lab.deleteTrials();
    const before = await lab.readAll();
    const failed = lab.database.sessionScope(async (manager) => {
      await rebuildSession(manager, 1, "write");
      throw new Error("mine");
    });
    expect(await rejection(failed)).to.have.property("message", "mine");
    expect(await lab.readAll()).to.deep.equal(before);
  });

  it("refuses a session that does not exist", async () => {
    for (const mode of ["write", "check"] as const)
      expect(await rejection(lab.rebuild(mode))).to.have.property("code", "unknown_session");
  });
});
