import { expect } from "chai";
import { checkSessions } from "../../../harness/check-sessions.js";
import { derivedTell, useRebuildFixture } from "../../support/database/rebuild-fixture.js";

describe("rebuildSession of trials that AEPsych wrote itself", () => {
  const lab = useRebuildFixture();

  beforeEach(async () => {
    await lab.tellThree();
    await lab.unlinkTrials();
  });

  it("leaves complete ones untouched", async () => {
    const before = await lab.readAll();
    expect(await lab.rebuild()).to.include({ isDifferent: false, trialsAdded: 0, trialsEqual: 3 });
    expect(await lab.readAll()).to.deep.equal(before);
  });

  it("fills missing extra_data from the tells that they match", async () => {
    const before = await lab.readAll();
    await lab.execute("update raw_data set extra_data = null");
    expect((await checkSessions(lab.path))[0]).to.include({ isDifferent: true, extraDataFilled: 2 });
    expect(await lab.rebuild()).to.include({ isDifferent: true, extraDataFilled: 2, trialsAdded: 0 });
    expect(await lab.readAll()).to.deep.equal(before);
    expect(await lab.rebuild()).to.include({ isDifferent: false, extraDataFilled: 0 });
  });

  it("keeps existing extra_data", async () => {
    await lab.execute(`update raw_data set extra_data = '"mine"' where unique_id = 1`);
    expect(await lab.rebuild()).to.include({ isDifferent: false });
    const rows = await lab.read("select extra_data from raw_data where unique_id = 1");
    expect(rows).to.deep.equal([{ extra_data: '"mine"' }]);
  });

  it("fills extra_data that is an empty object", async () => {
    await lab.execute("update raw_data set extra_data = '{}'");
    expect(await lab.rebuild()).to.include({ extraDataFilled: 2, trialsEqual: 3 });
    expect(await lab.read("select extra_data from raw_data where unique_id > 1")).to.deep.equal([
      { extra_data: '{"note":"ä"}' },
      { extra_data: "{}" },
    ]);
  });

  it("matches values in Python's notation", async () => {
    const config = { a: true, b: false, c: NaN, d: Infinity, e: -Infinity, f: null, g: 1e-5, h: "True" };
    await lab.database.submit(derivedTell({ config, outcome: 1, note: "o" }));
    await lab.unlinkTrials();
    await lab.execute(`update raw_data set extra_data = null where unique_id = 4;
       update param_data set param_value = case param_name when 'a' then 'True' when 'b' then 'False' when 'c' then 'nan'
         when 'd' then 'inf' when 'e' then '-inf' when 'f' then 'None' when 'g' then '1e-05' else param_value end
       where iteration_id = 4`);
    expect(await lab.rebuild()).to.include({ extraDataFilled: 1, trialsEqual: 4 });
    await lab.execute("update param_data set param_value = 'nan' where param_name = 'd'");
    expect((await lab.rebuild()).kept).to.deep.equal([
      { kind: "differing", trials: 1, example: 'message 4: parameter "d" is "nan", not "d" "Infinity"' },
    ]);
  });

  it("leaves all of them empty if there is a trial that no tell has", async () => {
    await lab.execute(
      "update raw_data set extra_data = null; insert into raw_data (master_table_id) values (1)",
    );
    const before = await lab.readAll();
    const session = await lab.rebuild();
    expect(session).to.include({ isDifferent: false, extraDataFilled: 0 });
    expect(session.kept).to.deep.equal([
      { kind: "unmatched", trials: 4, example: "more are stored than the tells have" },
    ]);
    expect(await lab.readAll()).to.deep.equal(before);
  });

  const differences = {
    parameter: "update param_data set param_value = '7' where unique_id = 1",
    outcome: "update outcome_data set outcome_value = 7 where unique_id = 1",
    name: "update param_data set param_name = 'other' where unique_id = 1",
  };
  for (const [what, sql] of Object.entries(differences)) {
    it(`leaves only a trial with another ${what} without extra_data`, async () => {
      await lab.execute(`update raw_data set extra_data = null; ${sql}`);
      const { kept, ...session } = await lab.rebuild();
      expect(session).to.include({ extraDataFilled: 1, trialsEqual: 2, trialsAdded: 0 });
      expect(kept).to.have.length(1);
      expect(kept[0]).to.include({ kind: "differing", trials: 1 });
      expect(kept[0]?.example).to.match(/^message 2: (parameter|outcome) /);
      expect(await lab.read("select extra_data from raw_data order by unique_id")).to.deep.equal([
        { extra_data: null },
        { extra_data: '{"note":"ä"}' },
        { extra_data: null },
      ]);
    });
  }

  it("still repairs the trials of later tells", async () => {
    await lab.database.submit(derivedTell({ config: { x: 3 }, outcome: 1 }));
    await lab.execute("update raw_data set extra_data = null");
    await lab.execute("update param_data set param_value = '4' where iteration_id = 4");
    expect(await lab.rebuild()).to.include({ trialsAdded: 1, trialsRemoved: 1, extraDataFilled: 2 });
    expect(await lab.rebuild()).to.include({ isDifferent: false, trialsEqual: 4 });
  });
});
