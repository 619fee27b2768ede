import { expect } from "chai";
import { expectDerived } from "../../support/checks/rebuild.js";
import { useRebuildFixture } from "../../support/database/rebuild-fixture.js";

describe("rebuildSession of a log that AEPsych wrote", () => {
  const lab = useRebuildFixture();

  /** Appends a message as an upgraded file may hold it. */
  async function keep(type: string | null, contents: Buffer | string | null, seq: number): Promise<void> {
    const bytes = contents === null ? "null" : `x'${Buffer.from(contents).toString("hex")}'`;
    await lab.execute(`insert into replay_data (timestamp, message_type, message_contents, master_table_id, seq, message_id)
       values ('2021-05-04 10:11:12.131415', ${type === null ? "null" : `'${type}'`}, ${bytes}, 1, ${seq}, 'old-${seq}')`);
  }

  const setup = (stimuli: number) =>
    JSON.stringify({
      type: "setup",
      message: { config_str: `[common]\nstimuli_per_trial = ${stimuli}\n` },
    });
  const oldTell = (x: unknown, outcome: unknown = 1, more: object = {}) =>
    JSON.stringify({ type: "tell", message: { config: { x }, outcome }, ...more });
  const pickle = Buffer.from("8004950f000000000000007d948c0474797065948c0474656c6c94732e", "hex");

  beforeEach(async () => {
    await lab.execute("insert into master (session_id, last_seq) values ('s1', 9)");
  });

  const namesOfTells = () =>
    lab.read(`select replay_data.seq, group_concat(param_name || '=' || param_value, ' ') as params from raw_data
       join replay_data on replay_data.unique_id = replay_table_id
       join param_data on iteration_id = raw_data.unique_id group by raw_data.unique_id order by raw_data.unique_id`);

  it("derives each tell with the config of the last setup before it", async () => {
    await keep("setup", setup(1), 1);
    await keep("tell", oldTell([1, 2], [1, 0]), 2);
    await keep("setup", setup(2), 3);
    await keep("tell", oldTell([1, 2]), 4);
    expect(await lab.rebuild()).to.include({ tells: 2, trialsAdded: 3 });
    expect(await namesOfTells()).to.deep.equal([
      { seq: 2, params: "x=1" },
      { seq: 2, params: "x=2" },
      { seq: 4, params: "x_stimuli0=1 x_stimuli1=2" },
    ]);
    await expectDerived(lab.path);
  });

  it("derives with the config that was stored with a setup that cannot be read", async () => {
    const config = (stimuli: string) =>
      lab.execute(
        `insert into config_data (config, master_table_id) values ('{"common":{"stimuli_per_trial":"${stimuli}"}}', 1)`,
      );
    await config("2");
    await config("1");
    await config("none");
    await keep("tell", oldTell([1, 2]), 1);
    await keep("setup", null, 2);
    await keep("tell", oldTell([3, 4]), 3);
    await keep("setup", pickle, 4);
    await keep("tell", oldTell([5, 6], [1, 0]), 5);
    await keep("setup", "{}", 6);
    await keep("tell", oldTell([7]), 7);
    await lab.rebuild();
    expect(await namesOfTells()).to.deep.equal([
      { seq: 1, params: "x_stimuli0=1 x_stimuli1=2" },
      { seq: 3, params: "x_stimuli0=3 x_stimuli1=4" },
      { seq: 5, params: "x=5" },
      { seq: 5, params: "x=6" },
      { seq: 7, params: "x=7" },
    ]);
  });

  const common = (...lines: string[]) =>
    JSON.stringify({ type: "setup", message: { config_str: ["[common]", ...lines].join("\n") } });

  it("derives with what the config says that AEPsych made of a setup, where the setup says nothing", async () => {
    const config = (values: object) =>
      lab.execute(
        `insert into config_data (config, master_table_id) values ('${JSON.stringify({ common: values })}', 1)`,
      );
    await config({ stimuli_per_trial: "2" });
    await config({ stimuli_per_trial: "2", outcome_names: "[left, right]" });
    await config({ stimuli_per_trial: "two" });
    await keep("setup", common("outcome_type = pairwise_probit"), 1);
    await keep("tell", oldTell([1, 2]), 2);
    await keep("setup", common("stimuli_per_trial = 1"), 3);
    await keep("tell", oldTell([3], [[1, 0]]), 4);
    await keep("setup", common("outcome_names = [hit, rt]"), 5);
    await keep("tell", oldTell([5], [[1, 0]]), 6);
    await lab.execute("update replay_data set message_id = 'aepsych-' || seq");
    await lab.rebuild();
    expect(await namesOfTells()).to.deep.equal([
      { seq: 2, params: "x_stimuli0=1 x_stimuli1=2" },
      { seq: 4, params: "x=3" },
      { seq: 6, params: "x=5" },
    ]);
    expect(await lab.read("select outcome_name as name from outcome_data order by unique_id")).to.deep.equal(
      ["outcome", "left", "right", "hit", "rt"].map((name) => ({ name })),
    );
  });

  it("ignores the stored config of a setup that a client of telltale sent", async () => {
    await lab.execute(
      `insert into config_data (config, master_table_id) values ('{"common":{"stimuli_per_trial":"2"}}', 1)`,
    );
    await keep("setup", common("parnames = [x]"), 1);
    await keep("tell", oldTell([1, 2], [1, 0]), 2);
    await lab.rebuild();
    expect(await namesOfTells()).to.deep.equal([
      { seq: 2, params: "x=1" },
      { seq: 2, params: "x=2" },
    ]);
  });

  it("assumes one stimulus per trial before any config", async () => {
    await keep("tell", oldTell([1, 2], [1, 0]), 1);
    expect(await lab.rebuild()).to.include({ trialsAdded: 2 });
  });

  it("takes extra_info from its column if the contents have none", async () => {
    await keep("tell", oldTell(1), 1);
    await keep("tell", oldTell(1, 1, { extra_info: { from: "contents" } }), 2);
    await lab.execute(`update replay_data set extra_info = '{"from":"column"}'`);
    await lab.rebuild();
    expect(await lab.read("select extra_data from raw_data order by unique_id")).to.deep.equal([
      { extra_data: '{"from":"column"}' },
      { extra_data: '{"from":"contents"}' },
    ]);
  });

  it("skips messages that cannot be read and keeps their trials", async () => {
    const said = "The message is kept as the pickle that AEPsych wrote.";
    await keep("tell", null, 1);
    await keep("tell", pickle, 2);
    await keep("tell", "[1]", 3);
    await keep(null, pickle, 4);
    await keep("can_model", "{}", 5);
    await keep("tell", oldTell(1), 6);
    await lab.execute(`update replay_data set derivation_error = '${said}' where seq = 2`);
    await lab.execute("insert into raw_data (master_table_id, replay_table_id) values (1, 1), (1, 5)");
    const session = await lab.rebuild();
    expect(session).to.include({ tells: 4, unreadable: 3, trialsAdded: 1, errorsChanged: 2 });
    expect(session.kept).to.deep.equal([
      { kind: "stray", trials: 1, example: "" },
      { kind: "unreadable", trials: 1, example: "" },
    ]);
    const errors = await lab.read("select derivation_error as error from replay_data order by seq");
    expect(errors.map(({ error }) => error)).to.deep.equal([
      "The contents of the tell cannot be read, so no trials can be derived from it.",
      said,
      "The contents of the tell cannot be read, so no trials can be derived from it.",
      null,
      null,
      null,
    ]);
    expect(await lab.read("select count(*) as n from raw_data")).to.deep.equal([{ n: 3 }]);
    expect(await lab.rebuild()).to.include({ isDifferent: false });
  });
});
