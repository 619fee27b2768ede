import { expect } from "chai";
import { Client } from "../../harness/client.js";
import { describeOnEngines } from "../../harness/engines.js";
import { readRows } from "../../harness/rows.js";
import { setupOf, tellOf } from "../support/client/send-all.js";
import { startDaemon } from "../support/daemon/daemon.js";

const session = "aaaaaaaa-0000-4000-8000-000000000001";

describeOnEngines("what a scientist reads is what happened", (engine) => {
  let db: string;
  let client: Client;

  beforeEach(async () => {
    db = await engine.makeReadyLocation();
    client = await Client.connect((await startDaemon({ db })).url);
  });

  const send = async (message: object) => {
    client.send(message);
    return client.reply();
  };

  const rowsOf = (kind: string) =>
    readRows(db, `select name, value, text from trial where kind = '${kind}' order by trial, name`);

  it("texts of digits keep their text beside the number", async () => {
    await send(setupOf(session));
    await send(tellOf({ shown: "0412" }, "0412"));
    await send(tellOf({ shown: "93751846201957384651" }, "93751846201957384651"));
    await send(tellOf({ shown: "1e400" }, "1e400"));
    const large = 93751846201957380000;
    expect(await rowsOf("outcome")).to.deep.equal([
      { name: "outcome", value: 412, text: "0412" },
      { name: "outcome", value: large, text: "93751846201957384651" },
      { name: "outcome", value: null, text: "1e400" },
    ]);
    expect(await rowsOf("parameter")).to.deep.equal([
      { name: "shown", value: 412, text: "0412" },
      { name: "shown", value: large, text: "93751846201957384651" },
      { name: "shown", value: null, text: "1e400" },
    ]);
  });

  it("averages skip NaN, and large integers keep their digits", async () => {
    await send(setupOf(session));
    client.sendFrame(
      '{"type":"tell","message":{"outcome":1},"extra_info":{"rt":0.25,"t_ns":1767225600123456789}}',
    );
    await client.reply();
    client.sendFrame(
      '{"type":"tell","message":{"outcome":1},"extra_info":{"rt":NaN,"t_ns":1767225600123456790}}',
    );
    await client.reply();
    expect(
      await readRows(db, "select avg(value) as mean from trial where kind = 'extra_data' and name = 'rt'"),
    ).to.deep.equal([{ mean: 0.25 }]);
    expect(
      await readRows(db, "select text from trial where kind = 'extra_data' and name = 't_ns' order by trial"),
    ).to.deep.equal([{ text: "1767225600123456789" }, { text: "1767225600123456790" }]);
  });

  it("SQL reads JSON of texts with U+0000 and lone surrogates", async () => {
    client.sendFrame(
      String.raw`{"type":"setup","session":"${session}","message":{"extra_metadata":{"a":"x\u0000"},"config_dict":{"common":{"b":"\ud800"}}}}`,
    );
    await client.reply();
    client.sendFrame(
      String.raw`{"type":"tell","batch":false,"message":{"config":{"l":["\u0000"]},"outcome":1},"extra_info":{"a":"\u0000\udfff"}}`,
    );
    await client.reply();
    const select = engine.name === "PostgreSQL" ? "cast(%s as jsonb) ->> 'a'" : "json_extract(%s, '$.a')";
    for (const [column, table, text] of [
      ["extra_metadata", "master", "x\uFFFD"],
      ["extra_data", "raw_data", "\uFFFD\uFFFD"],
      ["extra_info", "replay_data where extra_info is not null", "\uFFFD\uFFFD"],
    ] as const)
      expect(
        await readRows(db, `select ${select.replace("%s", column)} as text from ${table}`),
      ).to.deep.equal([{ text }]);
    expect(await readRows(db, "select config from config_data")).to.deep.equal([
      { config: '{"common":{"b":"\uFFFD"}}' },
    ]);
    expect(await rowsOf("parameter")).to.deep.equal([{ name: "l", value: null, text: '["\uFFFD"]' }]);
  });

  it("a tell without parameters may have the config null", async () => {
    await send(setupOf(session));
    expect(await send({ type: "tell", message: { config: null, outcome: 1 } })).to.include({
      trials_recorded: 1,
    });
  });

  it("names that do not fit are said in the reply of the setup, also when it is sent again", async () => {
    const config = { common: { outcome_types: "[binary, continuous]", outcome_names: "[det, rt, eye]" } };
    const setup = { ...setupOf(session), message: { config } };
    for (const reply of [await send(setup), await send(setup)])
      expect(reply).to.have.property("warnings").with.length(1);
    const fitting = { common: { outcome_types: "[binary, continuous]", outcome_names: "[det, rt,]" } };
    expect(await send({ type: "setup", message: { config: fitting } })).not.to.have.property("warnings");
    await send({ type: "tell", message: { config: { x: 1 }, outcome: [1, 0.4] } });
    expect((await rowsOf("outcome")).map((row) => row["name"])).to.deep.equal(["det", "rt"]);
  });

  it("JSON in a binary frame is JSON", async () => {
    client.sendFrame(Buffer.from(JSON.stringify(setupOf(session))));
    expect(await client.reply()).to.include({ ok: true, session });
    const [row] = await readRows(db, "select message_contents from replay_data");
    expect(String(row?.["message_contents"])).to.equal(JSON.stringify(setupOf(session)));
  });

  it("an old pairwise config has two stimuli per trial", async () => {
    await send({
      type: "setup",
      message: { config_str: "\uFEFF[common]\noutcome_type = pairwise_probit\n" },
    });
    await send(tellOf({ x: [0.1, 0.9] }, 1));
    expect((await rowsOf("parameter")).map((row) => row["name"])).to.deep.equal(["x_stimuli0", "x_stimuli1"]);
  });

  for (const batch of [0, "false", null, []]) {
    it(`refuses ${JSON.stringify(batch)} as batch`, async () => {
      await send(setupOf(session));
      expect(await send({ ...tellOf({}, 1), batch })).to.include({
        ok: false,
        code: "invalid",
        stored: false,
      });
    });
  }
});
