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
    expect((await lab.rebuild()).notes[0]).to.include('parameter "d" is "nan", not "d" "Infinity"');
  });

  const mismatches = {
    "a trial is missing":
      "delete from param_data where iteration_id = 3; delete from outcome_data where iteration_id = 3; delete from raw_data where unique_id = 3",
    "there is an extra trial": "insert into raw_data (master_table_id) values (1)",
    "a parameter differs": "update param_data set param_value = '7' where unique_id = 1",
    "an outcome differs": "update outcome_data set outcome_value = 7 where unique_id = 1",
  };
  for (const [what, sql] of Object.entries(mismatches)) {
    it(`leaves extra_data empty, with a note, if ${what}`, async () => {
      await lab.execute(`update raw_data set extra_data = null; ${sql}`);
      const before = await lab.readAll();
      const session = await lab.rebuild();
      expect(session).to.include({ isDifferent: false, extraDataFilled: 0 });
      expect(session.notes).to.have.length(1);
      expect(session.notes[0])
        .to.include("do not match the 3 trials of the tells")
        .and.to.include("one by one: ");
      expect(await lab.readAll()).to.deep.equal(before);
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
