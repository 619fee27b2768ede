import { expect } from "chai";
import { Store } from "../../src/database/index.js";
import { Database } from "../../src/library/index.js";
import { streamExport } from "../../src/export/index.js";
import { type Value, parseTaggedJson } from "../../src/protocol/index.js";
import { describeOnEngines } from "../../harness/engines.js";
import { writeSession } from "../support/database/write-session.js";
import { collectText } from "../support/checks/collect.js";

const readLines = (text: string): Map<string, Value>[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => parseTaggedJson(line) as Map<string, Value>);

describeOnEngines("JSON lines", (engine) => {
  let database: Store;

  beforeEach(async () => {
    database = await Store.open(await engine.makeReadyLocation());
  });

  afterEach(() => database.close());

  it("hold one trial each, with its session", async () => {
    const first = await writeSession(database, {
      name: "contrast",
      participant: "p\n1",
      tells: [{ config: { x: 0.5, text: "a\tb\r\nc" }, outcome: null, rt: { ms: [1, 2] } }],
    });
    const second = await writeSession(database, { tells: [{ config: {}, outcome: [1] }] });
    const [one, two, ...more] = readLines(
      await collectText(streamExport(database, [first, second], "ndjson")),
    );
    expect([...one!.keys()]).to.deep.equal([
      "session_id",
      "experiment_name",
      "experiment_id",
      "participant_id",
      "trial",
      "seq",
      "timestamp",
      "occurred_at",
      "clock_uncertainty_ms",
      "model_data",
      "parameters",
      "outcomes",
      "extra_data",
    ]);
    expect(one?.get("session_id")).to.equal(first.session_id);
    expect(one?.get("participant_id")).to.equal("p\n1");
    expect(one?.get("parameters")).to.deep.equal(
      new Map<string, Value>([
        ["x", 0.5],
        ["text", "a\tb\r\nc"],
      ]),
    );
    expect(one?.get("outcomes")).to.deep.equal(new Map([["outcome", null]]));
    expect(one?.get("extra_data")).to.deep.equal(new Map([["rt", new Map([["ms", [1, 2]]])]]));
    expect(two?.get("session_id")).to.equal(second.session_id);
    expect(two?.get("extra_data")).to.equal(null);
    expect(more).to.deep.equal([]);
  });

  it("hold -0 as a number that Python does not take for an integer, and the text of digits", async () => {
    const tell = { config: { x: -0, y: "0412" }, outcome: "0412", rt: -0 };
    const session = await writeSession(database, { tells: [tell] });
    const text = await collectText(streamExport(database, [session], "ndjson"));
    expect(text).to.include(
      '"parameters":{"x":-0.0,"y":"0412"},"outcomes":{"outcome":"0412"},"extra_data":{"rt":-0.0}',
    );
  });

  it("hold the session's metadata withMetadata", async () => {
    const session = await writeSession(database, {
      description: "Which side?",
      config: { metadata: { age: 23 } },
      tells: [{ outcome: null }],
    });
    const text = await collectText(streamExport(database, [session], "ndjson", { withMetadata: true }));
    expect(text.trimEnd()).to.match(
      /"experiment_description":"Which side\?","extra_metadata":\{"age":23\}\}$/,
    );
  });

  it("hold one message each, as it was sent", async () => {
    const session = await writeSession(database, { tells: [{ config: { x: 1e300 }, outcome: 1 }] });
    const [master] = await Database.over(database).getMasterRecords();
    await Database.over(database).recordMessage(master!, "note", {
      message: "b\u2028",
      id: "n-1",
      extra_info: { big: 2 },
    });
    const lines = readLines(await collectText(streamExport(database, [session], "messages")));
    expect(lines.map((line) => [line.get("session_id"), line.get("seq"), line.get("type")])).to.deep.equal([
      [session.session_id, 1, "setup"],
      [session.session_id, 2, "tell"],
      [session.session_id, 3, "note"],
    ]);
    const request = lines[2]?.get("request") as Map<string, Value>;
    expect(request.get("message")).to.equal("b\u2028");
    expect(request.get("extra_info")).to.deep.equal(new Map([["big", 2]]));
    expect(lines[2]?.get("id")).to.be.a("string");
    expect(lines[2]?.get("timestamp")).to.match(/Z$/);
  });

  it("are empty for a session without trials", async () => {
    expect(await collectText(streamExport(database, [await writeSession(database)], "ndjson"))).to.equal("");
  });
});
