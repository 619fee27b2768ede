import { expect } from "chai";
import { useRebuildFixture } from "../../support/database/rebuild-fixture.js";

/** What the tells of these tests say. */
interface Told {
  readonly config: Record<string, unknown>;
  readonly outcome: unknown;
  readonly extraInfo?: object;
}

/** A trial as AEPsych wrote it: parameters and outcomes by name. */
type Written = readonly [params: Record<string, string | null>, outcomes: Record<string, number>];

describe("rebuildSession of a log and trials that AEPsych wrote", () => {
  const lab = useRebuildFixture();

  const hex = (contents: object) => `x'${Buffer.from(JSON.stringify(contents)).toString("hex")}'`;
  /** The time of the tell with this index, or of a trial written so many seconds after it. */
  const time = (index: number, seconds = 0) =>
    `'2023-05-04 10:${String(10 + index).padStart(2, "0")}:${String(seconds).padStart(2, "0")}.131415'`;

  async function keepLog(tells: readonly Told[], setup = "[common]\n"): Promise<void> {
    const messages = [
      { type: "setup", message: { config_str: setup } },
      ...tells.map(({ config, outcome, extraInfo }) => ({
        type: "tell",
        message: { config, outcome },
        ...(extraInfo === undefined ? {} : { extra_info: extraInfo }),
      })),
    ];
    const rows = messages.map(
      (message, index) =>
        `(${time(index)}, '${message.type}', ${hex(message)}, 1, ${index + 1}, 'aepsych-${index + 1}')`,
    );
    await lab.execute(`insert into master (session_id, last_seq) values ('s1', ${rows.length});
      insert into replay_data (timestamp, message_type, message_contents, master_table_id, seq, message_id) values ${rows.join(", ")}`);
  }

  /** Writes trials, each with the time of a tell or of an instant after it. */
  async function write(trials: readonly (readonly [tell: number, seconds: number, written: Written])[]) {
    for (const [tell, seconds, [params, outcomes]] of trials) {
      const id = "(select max(unique_id) from raw_data)";
      const cells = [
        ...Object.entries(params).map(
          ([name, value]) =>
            `insert into param_data (param_name, param_value, iteration_id) values ('${name}', ${value === null ? "null" : `'${value.replaceAll("'", "''")}'`}, ${id})`,
        ),
        ...Object.entries(outcomes).map(
          ([name, value]) =>
            `insert into outcome_data (outcome_name, outcome_value, iteration_id) values ('${name}', ${value}, ${id})`,
        ),
      ];
      await lab.execute(
        [
          `insert into raw_data (timestamp, model_data, master_table_id) values (${time(tell, seconds)}, 1, 1)`,
          ...cells,
        ].join("; "),
      );
    }
  }

  const extras = async () =>
    (await lab.read("select extra_data from raw_data order by unique_id")).map(
      (row) => row["extra_data"] as string | null,
    );

  const values = () =>
    lab.read(`select coalesce(replay_table_id, 0) as message,
      (select group_concat(param_name || '=' || param_value, ' ') from param_data where iteration_id = raw_data.unique_id) as params,
      (select group_concat(outcome_name || '=' || coalesce(outcome_value, outcome_text), ' ') from outcome_data
        where iteration_id = raw_data.unique_id) as outcomes from raw_data order by unique_id`);

  const told = (x: unknown, outcome: unknown, rt?: number): Told => ({
    config: { x },
    outcome,
    ...(rt === undefined ? {} : { extraInfo: { rt } }),
  });

  it("matches parameters of 15 digits", async () => {
    await keepLog([
      told([0.729085385862905], 1, 1),
      told([1 / 3], 0, 2),
      told([1e20], 1, 3),
      told([true], 1, 4),
    ]);
    await write([
      [1, 0, [{ x: "0.729085385862905" }, { outcome: 1 }]],
      [2, 0, [{ x: "0.333333333333333" }, { outcome: 0 }]],
      [3, 0, [{ x: "1.0e+20" }, { outcome: 1 }]],
      [4, 0, [{ x: "1.0" }, { outcome: 1 }]],
    ]);
    expect(await lab.rebuild()).to.deep.include({ extraDataFilled: 4, trialsEqual: 4, kept: [] });
    expect(await extras()).to.deep.equal(['{"rt":1}', '{"rt":2}', '{"rt":3}', '{"rt":4}']);
    expect(await lab.rebuild()).to.include({ isDifferent: false, trialsEqual: 4 });
  });

  it("does not match parameters that differ in the 14th digit", async () => {
    await keepLog([told([1 / 3], 0, 2)]);
    await write([[1, 0, [{ x: "0.33333333333334" }, { outcome: 0 }]]]);
    expect((await lab.rebuild()).kept).to.have.length(1);
  });

  it("matches the outcome_0 of a list, a list as Python's text, and a printed tensor", async () => {
    await keepLog(
      [told([[0.1, 0.25]], [1], 1), told([["a", true]], [[0]], 2), told([0.123456, 2], 1, 3)],
      "[common]\nstimuli_per_trial = 2\n",
    );
    await write([
      [1, 2, [{ x: "[0.1, 0.25]" }, { outcome_0: 1 }]],
      [2, 2, [{ x: "['a', True]" }, { outcome_0: 0 }]],
      [
        3,
        2,
        [{ x_stimuli0: "tensor(0.1235)", x_stimuli1: "tensor(2., dtype=torch.float64)" }, { outcome: 1 }],
      ],
    ]);
    expect(await lab.rebuild()).to.deep.include({ extraDataFilled: 3, kept: [] });
  });

  it("matches one trial a tell, where lists of a tell are several trials now, or none", async () => {
    await keepLog([told([1, 2], 1, 1), told([3, 4], [1, 0], 2)]);
    await write([
      [1, 2, [{ x_stimuli0: "1", x_stimuli1: "2" }, { outcome: 1 }]],
      [
        2,
        2,
        [
          { x_stimuli0: "3", x_stimuli1: "4" },
          { outcome_0: 1, outcome_1: 0 },
        ],
      ],
    ]);
    expect(await lab.rebuild()).to.deep.include({
      extraDataFilled: 2,
      trialsAdded: 0,
      underivable: 1,
      kept: [],
    });
    expect(await extras()).to.deep.equal(['{"rt":1}', '{"rt":2}']);
    expect(await lab.rebuild()).to.include({ isDifferent: false });
  });

  it("adds the trials that an update of AEPsych did not come to, and completes the one at which it stopped", async () => {
    await keepLog([
      told([0.5], 1, 1),
      { config: { x: [0.75], colour: ["red"] }, outcome: 0 },
      told([0.5], 1),
      told([0.5], [1, 0], 4),
      told([0.25], "hit"),
    ]);
    await write([
      [1, 0, [{ x: "0.5" }, { outcome: 1 }]],
      [2, 0, [{ x: "0.75" }, {}]],
    ]);
    expect(await lab.rebuild("check")).to.include({ isDifferent: true, trialsAdded: 3, trialsCompleted: 1 });
    expect(await lab.rebuild()).to.deep.include({
      trialsAdded: 3,
      trialsCompleted: 1,
      extraDataFilled: 1,
      trialsEqual: 1,
      kept: [],
    });
    expect(await values()).to.deep.equal([
      { message: 0, params: "x=0.5", outcomes: "outcome=1.0" },
      { message: 0, params: "x=0.75 colour=red", outcomes: "outcome=0.0" },
      { message: 4, params: "x=0.5", outcomes: "outcome=1.0" },
      { message: 5, params: "x=0.5", outcomes: "outcome_0=1.0 outcome_1=0.0" },
      { message: 6, params: "x=0.25", outcomes: "outcome=hit" },
    ]);
    expect(await lab.rebuild()).to.include({ isDifferent: false, trialsEqual: 5 });
  });

  it("adds the outcomes where an update of AEPsych wrote none", async () => {
    await keepLog(Array.from({ length: 40 }, (_, index) => told([index], index % 2)));
    await write(Array.from({ length: 40 }, (_, index) => [index + 1, 0, [{ x: `${index}.0` }, {}]] as const));
    expect(await lab.rebuild()).to.deep.include({ trialsCompleted: 40, trialsAdded: 0, kept: [] });
    const [row] = await lab.read("select count(*) as n, sum(outcome_value) as sum from outcome_data");
    expect(row).to.deep.equal({ n: 40, sum: 20 });
    expect(await lab.rebuild()).to.include({ isDifferent: false, trialsEqual: 40 });
  });

  it("finds the place of a trial written later by its time, where several tells are alike", async () => {
    await keepLog([told([1], 1, 1), told([1], 1, 2), told([1], 1, 3)]);
    await write([
      [1, 0, [{ x: "1.0" }, { outcome: 1 }]],
      [3, 1, [{ x: "1" }, { outcome: 1 }]],
    ]);
    expect(await lab.rebuild()).to.deep.include({ trialsAdded: 1, extraDataFilled: 2, kept: [] });
    expect(await extras()).to.deep.equal(['{"rt":1}', '{"rt":3}', '{"rt":2}']);
  });

  it("adds nothing where a trial is not among those of the tells", async () => {
    await keepLog([told([1], 1, 1), told([2], 1, 2), told([3], 1, 3)]);
    await write([
      [1, 0, [{ x: "1.0" }, { outcome: 1 }]],
      [2, 0, [{ x: "7.0" }, { outcome: 1 }]],
    ]);
    const before = await lab.readAll();
    const { kept, isDifferent } = await lab.rebuild();
    expect(isDifferent).to.equal(false);
    expect(kept[0]).to.include({ kind: "unmatched", trials: 2 });
    expect(await lab.readAll()).to.deep.equal(before);
  });

  it("adds nothing where only some trials of a tell are written", async () => {
    await keepLog([told([1, 2, 3], [1, 1, 1]), told([4], 1)]);
    await write([
      [1, 1, [{ x: "1" }, { outcome: 1 }]],
      [1, 2, [{ x: "2" }, { outcome: 1 }]],
      [2, 1, [{ x: "4" }, { outcome: 1 }]],
    ]);
    const { kept, isDifferent } = await lab.rebuild();
    expect(isDifferent).to.equal(false);
    expect(kept[0]).to.include({ kind: "unmatched", trials: 3 });
  });
});
