import { expect } from "chai";
import { Database } from "../../src/index.js";
import { Client } from "../../harness/client.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { describeOnEngines } from "../../harness/engines.js";
import { allowDifference } from "../support/checks/rebuild.js";
import { sendAll, setupOf, tellOf } from "../support/client/send-all.js";
import { execute, readRows } from "../../harness/rows.js";

const first = "aaaaaaaa-0000-4000-8000-000000000001";
const second = "bbbbbbbb-0000-4000-8000-000000000002";

describeOnEngines("the views", (engine) => {
  let db: string;
  beforeEach(async () => {
    db = await engine.makeReadyLocation();
  });

  it("session_overview has a row a session, with its counts and times", async () => {
    const daemon = await startDaemon({ db });
    await sendAll(daemon, [
      setupOf(first, { experiment_id: "e1" }),
      tellOf({ x: [1, 2] }, [0, 1]),
      { type: "exit" },
    ]);
    await sendAll(daemon, [setupOf(second)]);
    const rows = await readRows(db, "select * from session_overview order by master_table_id");
    expect(rows[0]).to.include({
      session_id: first,
      master_table_id: 1,
      experiment_id: "e1",
      messages: 3,
      trials: 2,
    });
    expect(rows[1]).to.include({ session_id: second, master_table_id: 2, messages: 1, trials: 0 });
    const times = await readRows(
      db,
      "select timestamp from replay_data where master_table_id = 1 order by seq",
    );
    expect([rows[0]?.["first_timestamp"], rows[0]?.["last_timestamp"]]).to.deep.equal([
      times[0]?.["timestamp"],
      times[2]?.["timestamp"],
    ]);
  });

  it("trial has a row a parameter, outcome and extra datum, with the trial's number in its session", async () => {
    const daemon = await startDaemon({ db });
    await sendAll(daemon, [setupOf(second), tellOf({ x: [9] }, 1)]);
    await sendAll(daemon, [
      setupOf(first, { participant_id: "P1" }),
      tellOf({ x: [0.5, 2], side: ["left", "right"] }, [1, null], { rt: 0.4 }),
      tellOf({ x: [3] }, { said: "yes" }),
    ]);
    const rows = await readRows(
      db,
      `select trial, kind, name, value, text, participant_id, master_table_id from trial where session_id = '${first}'
       order by trial, kind desc, name`,
    );
    const rt = (trial: number) => row(trial, "extra_data", "rt", 0.4, "0.4");
    const shared = { participant_id: "P1", master_table_id: 2 };
    const row = (trial: number, kind: string, name: string, value: number | null, text: string | null) => ({
      ...{ trial, kind, name, value, text },
      ...shared,
    });
    expect(rows).to.deep.equal([
      row(1, "parameter", "side", null, "left"),
      row(1, "parameter", "x", 0.5, "0.5"),
      row(1, "outcome", "outcome", 1, null),
      rt(1),
      row(2, "parameter", "side", null, "right"),
      row(2, "parameter", "x", 2, "2"),
      row(2, "outcome", "outcome", null, null),
      rt(2),
      row(3, "parameter", "x", 3, "3"),
      row(3, "outcome", "said", null, "yes"),
    ]);
  });

  it("trial puts trials that no message told before the others", async () => {
    const daemon = await startDaemon({ db });
    await sendAll(daemon, [setupOf(first), tellOf({ x: [1] }, 1)]);
    const writer = await Database.open(db);
    const [master] = await writer.getMasterRecords();
    await writer.recordParam(await writer.recordRaw(master!, true), "x", 7);
    await writer.close();
    const rows = await readRows(db, "select trial, value from trial where name = 'x' order by trial");
    expect(rows).to.deep.equal([
      { trial: 1, value: 7 },
      { trial: 2, value: 1 },
    ]);
  });

  it("trial has the number that the text of a parameter spells", async () => {
    const numbers: Record<string, number> = {
      "1": 1,
      "-0": 0,
      "0412": 412,
      "-2.50": -2.5,
      "1e-7": 1e-7,
      "0.729085385862905": 0.729085385862905,
      "9007199254740993": 2 ** 53,
      "9223372036854775808": 2 ** 63,
    };
    const texts = ["", " ", "1e400", "NaN", "Infinity", "true", "{", "[1]", '"1"', "0x10", "1,5", "--1", "'"];
    const daemon = await startDaemon({ db });
    const all = [...Object.keys(numbers), ...texts];
    await sendAll(daemon, [
      setupOf(first),
      tellOf(
        { x: all },
        all.map(() => 1),
      ),
    ]);
    const rows = await readRows(db, "select text, value from trial where kind = 'parameter' order by trial");
    expect(rows).to.deep.equal(all.map((text) => ({ text, value: numbers[text] ?? null })));
  });

  it("trial has the scalars of extra data as text, and the finite numbers among them as numbers", async () => {
    const extra = new Map<string, unknown>([
      ["rt", 0.25],
      ["missed", NaN],
      ["t_ns", 1767225600123456789n],
      ["small", 5e-324],
      ["large", 1.7976931348623157e308],
      ["negative zero", -0],
      ["digits", "0412"],
      ["said", 'a "quoted" \\ text'],
      ['key with "quote', 1.5],
      ["correct", true],
      ["nothing", null],
      ["list", [1]],
      ["map", new Map([["a", 1]])],
      ["tag", new Map([["$number", "NaN"]])],
      ["nul", "a\0b"],
    ]);
    const client = await Client.connect((await startDaemon({ db })).url, "messagepack");
    client.send(setupOf(first));
    await client.reply();
    client.send(
      new Map<string, unknown>([
        ["type", "tell"],
        ["message", new Map([["outcome", 1]])],
        ["extra_info", extra],
      ]),
    );
    expect(await client.reply()).to.include({ ok: true });
    const rows = await readRows(db, "select name, value, text from trial where kind = 'extra_data'");
    expect(Object.fromEntries(rows.map(({ name, value, text }) => [name, [value, text]]))).to.deep.equal({
      rt: [0.25, "0.25"],
      missed: [null, "NaN"],
      t_ns: [1767225600123456800, "1767225600123456789"],
      small: [5e-324, "5e-324"],
      large: [Number.MAX_VALUE, "1.7976931348623157e+308"],
      "negative zero": [0, "-0.0"],
      digits: [null, "0412"],
      said: [null, 'a "quoted" \\ text'],
      'key with "quote': [1.5, "1.5"],
      correct: [null, "true"],
      nothing: [null, null],
      nul: [null, "a\uFFFDb"],
    });
  });

  it("trial fails on no extra data that another program wrote", async () => {
    allowDifference("changes extra data");
    const daemon = await startDaemon({ db });
    await sendAll(daemon, [setupOf(first), tellOf({}, 1)]);
    for (const text of ["", "{", "[1, 2]", "5", "null", '{"a": 1e400}', '{"a": 1, "a": 2}', "{a: 1}"]) {
      await execute(db, `update raw_data set extra_data = '${text}'`);
      await readRows(db, "select sum(value) as total from trial where value > 0");
    }
  });

  it("trial has the seq of its message", async () => {
    const daemon = await startDaemon({ db });
    await sendAll(daemon, [setupOf(first), { type: "note" }, tellOf({ x: 1 }, 1)]);
    expect(await readRows(db, "select kind, seq, occurred_at from trial order by kind")).to.deep.equal([
      { kind: "outcome", seq: 3, occurred_at: null },
      { kind: "parameter", seq: 3, occurred_at: null },
    ]);
  });

  it("leave a view or table of a user's own as it is", async () => {
    const own = await engine.makeLocation();
    await (await Database.open(own)).close();

    await execute(
      own,
      `drop view trial; drop view session_overview; drop index raw_data_order;
       create index raw_data_master_table_id on raw_data (master_table_id);
       delete from migrations where name like 'AddViews%';
       create view trial as select 'mine' as own; create table session_overview (own text)`,
    );
    await (await Database.open(own)).close();
    expect(await readRows(own, "select own from trial")).to.deep.equal([{ own: "mine" }]);
    expect(await readRows(own, "select own from session_overview")).to.deep.equal([]);
    expect(await readRows(own, "select name from migrations where name like 'AddViews%'")).to.have.length(1);
  });
});
