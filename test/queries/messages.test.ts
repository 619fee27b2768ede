import { expect } from "chai";
import type { ReadOnlyStore } from "../../src/database/index.js";
import type { Daemon } from "../../src/index.js";
import { type Coding, toValue } from "../../src/protocol/index.js";
import { type MessageFilter, streamMessages, streamRejections } from "../../src/queries/index.js";
import { Client } from "../../harness/client.js";
import { describeOnEngines } from "../../harness/engines.js";
import { allowDifference } from "../support/checks/rebuild.js";
import { sendAll, setupOf, tellOf } from "../support/client/send-all.js";
import { collect } from "../support/checks/collect.js";
import { startReadable } from "../support/database/readers.js";
import { rejection } from "../support/checks/rejection.js";
import { execute } from "../../harness/rows.js";

const session = "aaaaaaaa-0000-4000-8000-000000000001";

describeOnEngines("messages", (engine) => {
  let daemon: Daemon;
  let database: ReadOnlyStore;

  beforeEach(async () => {
    ({ daemon, database } = await startReadable(await engine.makeReadyLocation()));
  });

  const seqsOf = async (filter: MessageFilter = {}, after = 0) =>
    (await collect(streamMessages(database, 1, filter, after))).map(({ seq }) => seq);

  for (const coding of ["json", "messagepack"] satisfies Coding[]) {
    it(`are returned as they were sent, in ${coding}`, async () => {
      const messages = [
        setupOf(session),
        { ...tellOf({ x: [0.5] }, 1, { note: "tab\tline\r\nend\0" }), id: "t1", sent_at: 1 },
        { type: "ask", message: { n: -0, __proto__x: [], "": null } },
      ];
      await sendAll(daemon, messages, coding);
      const read = await collect(streamMessages(database, 1));
      expect(read.map(({ request }) => request)).to.deep.equal(messages.map((message) => toValue(message)));
      expect(read.map(({ type, seq }) => [seq, type])).to.deep.equal([
        [1, "setup"],
        [2, "tell"],
        [3, "ask"],
      ]);
      expect(read[1]).to.include({ id: "t1", derivation_error: null });
    });
  }

  const recordTen = () =>
    sendAll(daemon, [
      setupOf(session),
      ...Array.from({ length: 4 }, (_, trial) => [{ type: "ask" }, tellOf({ x: [trial] }, 1)]).flat(),
      { type: "exit" },
    ]);

  it("are selected by seq, type and both", async () => {
    await recordTen();
    expect(await seqsOf({ from: "3", to: "5" })).to.deep.equal([3, 4, 5]);
    expect(await seqsOf({}, 8)).to.deep.equal([9, 10]);
    expect(await seqsOf({ types: ["tell"] })).to.deep.equal([3, 5, 7, 9]);
    expect(await seqsOf({ types: ["setup", "exit"] })).to.deep.equal([1, 10]);
    expect(await seqsOf({ from: "4", types: ["tell", "exit"] })).to.deep.equal([5, 7, 9, 10]);
    expect(await seqsOf({ types: ["nothing"] })).to.deep.equal([]);
    expect(await seqsOf({ from: "99999999999999999999" })).to.deep.equal([]);
    expect(await seqsOf({ from: "5", to: "4" })).to.deep.equal([]);
  });

  it("are selected by time", async () => {
    allowDifference("changes when messages came");
    await recordTen();
    await execute(
      daemon.options.db,
      `update replay_data set timestamp = '2021-05-04 10:11:12.500000' where seq < 3;
       update replay_data set timestamp = '2022-01-01T00:00:00.000Z' where seq in (3, 4)`,
    );
    expect(await seqsOf({ to: "2021-05-04" })).to.deep.equal([1, 2]);
    expect(await seqsOf({ from: "2021-05-04T10:11:12.501Z", to: "2022-01-01" })).to.deep.equal([3, 4]);
    expect(await seqsOf({ from: "2022-01-02", to: "6" })).to.deep.equal([5, 6]);
  });

  for (const filter of [{ from: "-1" }, { to: "-1" }, { from: "soon" }, { to: "" }, { from: "1.5" }]) {
    it(`are refused for ${JSON.stringify(filter)}`, async () => {
      expect(await rejection(seqsOf(filter))).to.include({ code: "bad_argument" });
    });
  }

  it("have the reason why nothing could be derived from them", async () => {
    const client = await Client.connect(daemon.url);
    await client.request(setupOf(session));
    await client.request({ type: "tell", message: { config: { x: [1, 2] }, outcome: [1, 2, 3] } });
    const [, tell] = await collect(streamMessages(database, 1));
    expect(tell?.derivation_error).to.be.a("string").and.not.to.equal("");
  });

  it("are read page by page, even if they are large", async () => {
    const client = await Client.connect(daemon.url);
    await client.request(setupOf(session));
    const asks = Array.from({ length: 450 }, (_, n) => ({
      type: "ask",
      message: { n, text: "x".repeat(n % 100 === 0 ? 300_000 : 10) },
    }));
    for (const ask of asks) client.send(ask);
    for (const ask of asks)
      expect(await client.reply(), JSON.stringify(ask).slice(0, 50)).to.include({ ok: true });
    const read = await collect(streamMessages(database, 1, {}, 1));
    expect(read.map(({ request }) => request)).to.deep.equal(asks.map((ask) => toValue(ask)));
  });

  it("that were rejected are returned with the reason, decoded as far as possible", async () => {
    const client = await Client.connect(daemon.url);
    await client.request({ type: "tell", message: {} });
    await client.request(setupOf(session));
    client.sendFrame("{ broken\t");
    await client.reply();
    client.sendFrame(new Uint8Array([0xc1, 0xff]));
    await client.reply();
    const all = await collect(streamRejections(database));
    expect(all.map(({ code, session_id, request }) => [code, session_id, request])).to.deep.equal([
      ["no_session", null, toValue({ type: "tell", message: {} })],
      ["malformed", session, "{ broken\t"],
      ["malformed", session, Buffer.from([0xc1, 0xff])],
    ]);
    expect(all[1]).to.include({ length: 9 });
    expect(all[1]?.reason).to.match(/^.+\.$/);
    expect((await collect(streamRejections(database, 1))).length).to.equal(2);
    expect((await collect(streamRejections(database, 1, all[1]!.unique_id))).length).to.equal(1);
  });
});
