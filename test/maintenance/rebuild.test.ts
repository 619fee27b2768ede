import { join } from "node:path";
import { expect } from "chai";
import { type RebuildMode, rebuildSession } from "../../src/maintenance/index.js";
import { type MessageWrite, deriveSetup } from "../../src/derivation/index.js";
import { handlerOf } from "../../src/handlers/index.js";
import { Store } from "../../src/database/index.js";
import { type ValueMap, decodeFrame, formatJson, readRequest } from "../../src/protocol/index.js";
import { encode } from "../../harness/encode.js";
import { allowDifference, checkSessions, expectDerived } from "../support/checks/rebuild.js";
import { rejection } from "../support/checks/rejection.js";
import { type Row, execute, readRows } from "../../harness/rows.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { dig, readVectors } from "../support/files/vectors.js";
import { receive, setupWrite } from "../support/database/writes.js";

const tables = ["master", "replay_data", "config_data", "raw_data", "param_data", "outcome_data"];

describe("rebuildSession", () => {
  let path: string;
  let database: Store;

  beforeEach(async () => {
    path = join(await temporaryFolder(), "test.db");
    database = await Store.open(path);
  });

  afterEach(async () => {
    await database.close();
  });

  /** A tell as the daemon would write it. */
  function tell(message: unknown, config = "[common]\n", extraInfo?: unknown): MessageWrite {
    const frame = Buffer.from(encode({ type: "tell", message, extra_info: extraInfo }, "json"));
    const request = readRequest(decodeFrame(frame, "json"));
    const handler = handlerOf("tell");
    if (handler.binding === "begins") throw new Error("A tell begins no session.");
    const { trialForm } = deriveSetup(new Map([["config_str", config]]), undefined);
    const info = request.extra_info === undefined ? null : formatJson(request.extra_info);
    const received = { ...receive({ type: "tell" }), frame, extraInfo: info };
    return handler.derive(request, received, { id: "s1", experimentId: "e1", trialForm });
  }

  /** Begins a session that is told three trials by two tells. */
  async function tellThree(): Promise<void> {
    await database.submit(setupWrite("s1"));
    await database.submit(tell({ config: { x: [0.5, 1] }, outcome: [1, 0], note: "ä" }));
    await database.submit(tell({ config: { x: 2, y: "left" }, outcome: { hit: "yes", rt: 0.25 } }));
  }

  /** Makes the session one whose trials AEPsych wrote. */
  const unlink = () => execute(path, "update raw_data set replay_table_id = null");

  const rebuild = (mode: RebuildMode = "write") =>
    database.sessionScope((manager) => rebuildSession(manager, 1, mode));

  async function readAll(): Promise<Row[][]> {
    return Promise.all(tables.map((table) => readRows(path, `select * from ${table} order by unique_id`)));
  }

  /** Trials without their ids. */
  async function readTrials(): Promise<Row[]> {
    return readRows(
      path,
      `select raw_data.timestamp, model_data, extra_data, replay_table_id, param_name, param_value, outcome_name, outcome_value, outcome_text
       from raw_data join param_data on param_data.iteration_id = raw_data.unique_id
       join outcome_data on outcome_data.iteration_id = raw_data.unique_id
       order by replay_table_id, raw_data.unique_id, param_data.unique_id, outcome_data.unique_id`,
    );
  }

  /** Appends a message as an upgraded file may hold it. */
  async function keep(type: string | null, contents: Buffer | string | null, seq: number): Promise<void> {
    const bytes = contents === null ? "null" : `x'${Buffer.from(contents).toString("hex")}'`;
    await execute(
      path,
      `insert into replay_data (timestamp, message_type, message_contents, master_table_id, seq, message_id)
       values ('2021-05-04 10:11:12.131415', ${type === null ? "null" : `'${type}'`}, ${bytes}, 1, ${seq}, 'old-${seq}')`,
    );
  }

  for (const vector of readVectors("tell.json")) {
    it(`finds no difference after it was told live: ${vector.get("name") as string}`, async () => {
      const names = (vector.get("outcome_names") ?? []) as string[];
      const config = `[common]\nstimuli_per_trial = ${vector.get("stimuli_per_trial") as number}\noutcome_names = [${names.join(", ")}]\n`;
      await database.submit(setupWrite("s1", config));
      await database.submit(tell(vector.get("message"), config, vector.get("extra_info")));
      const expected = dig(vector, "expected") as ValueMap;
      const trials = (expected.get("trials") ?? []) as ValueMap[];
      const [session] = await checkSessions(path);
      expect(session).to.include({
        isDifferent: false,
        tells: 1,
        trialsEqual: trials.length,
        underivable: expected.has("underivable") ? 1 : 0,
      });
      await expectDerived(path);
    });
  }

  it("finds no difference in names and values that the columns cannot hold as they came", async () => {
    await database.submit(setupWrite("s1"));
    await database.submit(tell({ config: { "x\0\ud800": "\0\ud800", z: -0 }, outcome: { "a\0": "\ud800" } }));
    await database.submit(tell({ config: { x: 10n ** 30n }, outcome: [Infinity], "\0": NaN }));
    await database.submit(tell({ config: { x: -0 }, outcome: -0 }));
    const [session] = await checkSessions(path);
    expect(session).to.include({ trialsEqual: 3, isDifferent: false });
  });

  it("writes nothing where nothing differs", async () => {
    await tellThree();
    const before = await readAll();
    expect(await rebuild()).to.include({ trialsEqual: 3, trialsAdded: 0, isDifferent: false });
    expect(await readAll()).to.deep.equal(before);
  });

  it("brings trials back with the timestamps of their tells", async () => {
    await tellThree();
    await execute(path, "update replay_data set timestamp = '2021-05-04 10:11:12.131415' where seq = 2");
    await execute(
      path,
      "update raw_data set timestamp = '2021-05-04 10:11:12.131415' where replay_table_id = 2",
    );
    const before = await readTrials();
    await execute(path, "delete from param_data; delete from outcome_data; delete from raw_data");
    expect(await rebuild()).to.include({ trialsAdded: 3, trialsRemoved: 0, isDifferent: true });
    expect(await readTrials()).to.deep.equal(before);
    await expectDerived(path);
  });

  it("only says what differs, in check mode", async () => {
    allowDifference("changes a parameter");
    await tellThree();
    await execute(path, "update param_data set param_value = '0.75' where unique_id = 1");
    const before = await readAll();
    const session = await rebuild("check");
    expect(session).to.include({ trialsAdded: 1, trialsRemoved: 1, trialsEqual: 2, isDifferent: true });
    expect(session.differences).to.deep.equal([
      'Message 2, trial 1: parameter "x" is "0.75", and not "x" "0.5".',
    ]);
    expect(await readAll()).to.deep.equal(before);
  });

  const changes = {
    "a parameter's value": "update param_data set param_value = '0.75' where unique_id = 1",
    "a parameter's name": "update param_data set param_name = 'xx' where unique_id = 1",
    "a parameter that is null": "update param_data set param_value = null where unique_id = 1",
    "a parameter more": "insert into param_data (param_name, param_value, iteration_id) values ('z', '1', 1)",
    "an outcome's value": "update outcome_data set outcome_value = 0.5 where unique_id = 1",
    "an outcome's text": "update outcome_data set outcome_text = 'no' where outcome_text = 'yes'",
    "an outcome less": "delete from outcome_data where unique_id = 1",
    "a timestamp": "update raw_data set timestamp = '2021-05-04' where unique_id = 1",
    model_data: "update raw_data set model_data = 0 where unique_id = 1",
    extra_data: `update raw_data set extra_data = '{"note":"o"}' where unique_id = 1`,
    "extra_data that is no JSON": "update raw_data set extra_data = 'note' where unique_id = 1",
    "a trial less":
      "delete from param_data where iteration_id = 1; delete from outcome_data where iteration_id = 1; delete from raw_data where unique_id = 1",
    "a trial more":
      "insert into raw_data (timestamp, model_data, master_table_id, replay_table_id) values ('2021', 1, 1, 2)",
  };
  for (const [what, sql] of Object.entries(changes)) {
    it(`mends ${what}`, async () => {
      await tellThree();
      const before = await readTrials();
      await execute(path, sql);
      expect((await checkSessions(path))[0]).to.include({ isDifferent: true });
      expect(await rebuild()).to.include({ isDifferent: true });
      expect(await readTrials()).to.deep.equal(before);
      expect(await readRows(path, "select count(*) as n from raw_data")).to.deep.equal([{ n: 3 }]);
      await expectDerived(path);
    });
  }

  it("takes numbers that are written in another way for equal", async () => {
    await tellThree();
    await execute(
      path,
      `update param_data set param_value = '5.0e-1' where param_value = '0.5';
       update raw_data set extra_data = '{ "note": "\\u00e4" }' where unique_id = 1`,
    );
    await expectDerived(path);
  });

  it("mends values of its own trials that are written as Python writes them", async () => {
    await database.submit(setupWrite("s1"));
    await database.submit(tell({ config: { x: true }, outcome: 1 }));
    await execute(path, "update param_data set param_value = 'True'");
    expect(await rebuild()).to.include({ trialsAdded: 1, trialsRemoved: 1 });
    expect(await readRows(path, "select param_value from param_data")).to.deep.equal([
      { param_value: "true" },
    ]);
  });

  it("takes large integers that one double stands for as different", async () => {
    allowDifference("changes a parameter");
    await database.submit(setupWrite("s1"));
    await database.submit(tell({ config: { x: 2n ** 60n }, outcome: 1 }));
    await execute(path, `update param_data set param_value = '${2n ** 60n + 1n}'`);
    expect((await checkSessions(path))[0]).to.include({ trialsAdded: 1, isDifferent: true });
  });

  it("leaves the trials beside a changed one as they are", async () => {
    await tellThree();
    const [before] = await readRows(path, "select group_concat(unique_id) as ids from raw_data");
    const rest = "select * from param_data where iteration_id <> 1 order by unique_id";
    const params = await readRows(path, rest);
    await execute(path, "update param_data set param_value = '9' where iteration_id = 1");
    expect(await rebuild()).to.include({ trialsEqual: 2, trialsAdded: 1, trialsRemoved: 1 });
    expect(await readRows(path, "select group_concat(unique_id) as ids from raw_data")).to.deep.equal([
      before,
    ]);
    expect(await readRows(path, rest)).to.deep.equal(params);
  });

  it("says again why a tell is underivable, and takes back what is no longer true", async () => {
    await tellThree();
    await database.submit(tell({ config: { x: [] }, outcome: 1 }));
    const before = await readRows(path, "select derivation_error from replay_data order by seq");
    await execute(
      path,
      "update replay_data set derivation_error = case seq when 4 then null else 'Outdated.' end where seq in (2, 4)",
    );
    expect(await rebuild()).to.include({
      underivable: 1,
      errorsChanged: 2,
      trialsEqual: 3,
      isDifferent: true,
    });
    expect(await readRows(path, "select derivation_error from replay_data order by seq")).to.deep.equal(
      before,
    );
    await expectDerived(path);
  });

  it("removes the trials of a tell that is underivable", async () => {
    await database.submit(setupWrite("s1"));
    await database.submit(tell({ config: { x: [] }, outcome: 1 }));
    await execute(path, "insert into raw_data (master_table_id, replay_table_id) values (1, 2)");
    expect(await rebuild()).to.include({ trialsRemoved: 1, trialsAdded: 0 });
    expect(await readRows(path, "select * from raw_data")).to.deep.equal([]);
  });

  it("describes the first differences, and counts the rest", async () => {
    allowDifference("changes outcomes");
    await database.submit(setupWrite("s1"));
    await database.submit(
      tell({ config: { x: Array.from({ length: 50 }, (_, x) => x) }, outcome: Array(50).fill(1) }),
    );
    await execute(path, "update outcome_data set outcome_value = 2");
    const { differences, moreDifferences } = await rebuild("check");
    expect([differences.length, moreDifferences]).to.deep.equal([20, 30]);
  });

  it("reads a log that is longer than a page, with messages that are larger than one", async () => {
    await database.submit(setupWrite("s1"));
    const tells = Array.from({ length: 450 }, (_, trial) =>
      tell({ config: { x: trial }, outcome: 1, ...(trial % 100 === 0 ? { note: "n".repeat(300_000) } : {}) }),
    );
    await Promise.all(tells.map((write) => database.submit(write)));
    const before = await readTrials();
    expect((await checkSessions(path))[0]).to.include({ tells: 450, trialsEqual: 450, isDifferent: false });
    await execute(path, "delete from param_data; delete from outcome_data; delete from raw_data");
    expect(await rebuild()).to.include({ trialsAdded: 450 });
    expect(await readTrials()).to.deep.equal(before);
  });

  it("keeps nothing of a rebuild that fails", async () => {
    allowDifference("takes every trial away");
    await tellThree();
    await execute(path, "delete from param_data; delete from outcome_data; delete from raw_data");
    const before = await readAll();
    const failed = database.sessionScope(async (manager) => {
      await rebuildSession(manager, 1, "write");
      throw new Error("mine");
    });
    expect(await rejection(failed)).to.have.property("message", "mine");
    expect(await readAll()).to.deep.equal(before);
  });

  it("refuses a session that does not exist", async () => {
    for (const mode of ["write", "check"] as const)
      expect(await rejection(rebuild(mode))).to.have.property("code", "unknown_session");
  });

  describe("with a log that AEPsych wrote", () => {
    const setup = (stimuli: number) =>
      JSON.stringify({
        type: "setup",
        message: { config_str: `[common]\nstimuli_per_trial = ${stimuli}\n` },
      });
    const oldTell = (x: unknown, outcome: unknown = 1, more: object = {}) =>
      JSON.stringify({ type: "tell", message: { config: { x }, outcome }, ...more });
    const pickle = Buffer.from("8004950f000000000000007d948c0474797065948c0474656c6c94732e", "hex");

    beforeEach(async () => {
      await execute(path, "insert into master (session_id, last_seq) values ('s1', 9)");
    });

    const namesOfTells = () =>
      readRows(
        path,
        `select replay_data.seq, group_concat(param_name || '=' || param_value, ' ') as params from raw_data
         join replay_data on replay_data.unique_id = replay_table_id
         join param_data on iteration_id = raw_data.unique_id group by raw_data.unique_id order by raw_data.unique_id`,
      );

    it("derives each tell with the config of the last setup before it", async () => {
      await keep("setup", setup(1), 1);
      await keep("tell", oldTell([1, 2], [1, 0]), 2);
      await keep("setup", setup(2), 3);
      await keep("tell", oldTell([1, 2]), 4);
      expect(await rebuild()).to.include({ tells: 2, trialsAdded: 3 });
      expect(await namesOfTells()).to.deep.equal([
        { seq: 2, params: "x=1" },
        { seq: 2, params: "x=2" },
        { seq: 4, params: "x_stimuli0=1 x_stimuli1=2" },
      ]);
      await expectDerived(path);
    });

    it("derives with the config that was stored with a setup that cannot be read", async () => {
      const config = (stimuli: string) =>
        execute(
          path,
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
      await rebuild();
      expect(await namesOfTells()).to.deep.equal([
        { seq: 1, params: "x_stimuli0=1 x_stimuli1=2" },
        { seq: 3, params: "x_stimuli0=3 x_stimuli1=4" },
        { seq: 5, params: "x=5" },
        { seq: 5, params: "x=6" },
        { seq: 7, params: "x=7" },
      ]);
    });

    it("has one stimulus a trial before any config", async () => {
      await keep("tell", oldTell([1, 2], [1, 0]), 1);
      expect(await rebuild()).to.include({ trialsAdded: 2 });
    });

    it("takes extra_info from its column where the contents have none", async () => {
      await keep("tell", oldTell(1), 1);
      await keep("tell", oldTell(1, 1, { extra_info: { from: "contents" } }), 2);
      await execute(path, `update replay_data set extra_info = '{"from":"column"}'`);
      await rebuild();
      expect(await readRows(path, "select extra_data from raw_data order by unique_id")).to.deep.equal([
        { extra_data: '{"from":"column"}' },
        { extra_data: '{"from":"contents"}' },
      ]);
    });

    it("goes past messages that cannot be read, and keeps them and what was derived from them", async () => {
      const said = "The message is kept as the pickle that AEPsych wrote.";
      await keep("tell", null, 1);
      await keep("tell", pickle, 2);
      await keep("tell", "[1]", 3);
      await keep(null, pickle, 4);
      await keep("can_model", "{}", 5);
      await keep("tell", oldTell(1), 6);
      await execute(path, `update replay_data set derivation_error = '${said}' where seq = 2`);
      await execute(path, "insert into raw_data (master_table_id, replay_table_id) values (1, 1), (1, 5)");
      const session = await rebuild();
      expect(session).to.include({ tells: 4, unreadable: 3, trialsAdded: 1, errorsChanged: 2 });
      expect(session.notes).to.deep.equal([
        "Kept: 1 trial of messages that are no tells of this session.",
        "Kept: 1 trial of tells that cannot be read.",
      ]);
      const errors = await readRows(path, "select derivation_error as error from replay_data order by seq");
      expect(errors.map(({ error }) => error)).to.deep.equal([
        "The contents of the tell cannot be read, so no trials can be derived from it.",
        said,
        "The contents of the tell cannot be read, so no trials can be derived from it.",
        null,
        null,
        null,
      ]);
      expect(await readRows(path, "select count(*) as n from raw_data")).to.deep.equal([{ n: 3 }]);
      expect(await rebuild()).to.include({ isDifferent: false });
    });
  });

  describe("with trials that AEPsych wrote itself", () => {
    beforeEach(async () => {
      await tellThree();
      await unlink();
    });

    it("leaves them as they are where they lack nothing", async () => {
      const before = await readAll();
      expect(await rebuild()).to.include({ isDifferent: false, trialsAdded: 0, trialsEqual: 3 });
      expect(await readAll()).to.deep.equal(before);
    });

    it("fills the extra_data that they lack from the tells that they match", async () => {
      const before = await readAll();
      await execute(path, "update raw_data set extra_data = null");
      expect((await checkSessions(path))[0]).to.include({ isDifferent: true, extraDataFilled: 2 });
      expect(await rebuild()).to.include({ isDifferent: true, extraDataFilled: 2, trialsAdded: 0 });
      expect(await readAll()).to.deep.equal(before);
      expect(await rebuild()).to.include({ isDifferent: false, extraDataFilled: 0 });
    });

    it("keeps the extra_data that they have", async () => {
      await execute(path, `update raw_data set extra_data = '"mine"' where unique_id = 1`);
      expect(await rebuild()).to.include({ isDifferent: false });
      const rows = await readRows(path, "select extra_data from raw_data where unique_id = 1");
      expect(rows).to.deep.equal([{ extra_data: '"mine"' }]);
    });

    it("matches values that AEPsych wrote as Python does", async () => {
      const config = { a: true, b: false, c: NaN, d: Infinity, e: -Infinity, f: null, g: 1e-5, h: "True" };
      await database.submit(tell({ config, outcome: 1, note: "o" }));
      await unlink();
      await execute(
        path,
        `update raw_data set extra_data = null where unique_id = 4;
         update param_data set param_value = case param_name when 'a' then 'True' when 'b' then 'False' when 'c' then 'nan'
           when 'd' then 'inf' when 'e' then '-inf' when 'f' then 'None' when 'g' then '1e-05' else param_value end
         where iteration_id = 4`,
      );
      expect(await rebuild()).to.include({ extraDataFilled: 1, trialsEqual: 4 });
      await execute(path, "update param_data set param_value = 'nan' where param_name = 'd'");
      expect((await rebuild()).notes[0]).to.include('parameter "d" is "nan", and not "d" "Infinity"');
    });

    const mismatches = {
      "there is one less":
        "delete from param_data where iteration_id = 3; delete from outcome_data where iteration_id = 3; delete from raw_data where unique_id = 3",
      "there is one more": "insert into raw_data (master_table_id) values (1)",
      "a parameter differs": "update param_data set param_value = '7' where unique_id = 1",
      "an outcome differs": "update outcome_data set outcome_value = 7 where unique_id = 1",
    };
    for (const [what, sql] of Object.entries(mismatches)) {
      it(`leaves extra_data empty, and says so, where ${what}`, async () => {
        await execute(path, `update raw_data set extra_data = null; ${sql}`);
        const before = await readAll();
        const session = await rebuild();
        expect(session).to.include({ isDifferent: false, extraDataFilled: 0 });
        expect(session.notes).to.have.length(1);
        expect(session.notes[0])
          .to.include("the 3 trials of the tells")
          .and.to.include("cannot be matched one by one");
        expect(await readAll()).to.deep.equal(before);
      });
    }

    it("still mends the trials of tells that came later", async () => {
      await database.submit(tell({ config: { x: 3 }, outcome: 1 }));
      await execute(path, "update raw_data set extra_data = null");
      await execute(path, "update param_data set param_value = '4' where iteration_id = 4");
      expect(await rebuild()).to.include({ trialsAdded: 1, trialsRemoved: 1, extraDataFilled: 2 });
      expect(await rebuild()).to.include({ isDifferent: false, trialsEqual: 4 });
    });
  });
});
