import { expect } from "chai";
import { describeOnEngines } from "../../harness/engines.js";
import { Client } from "../../harness/client.js";
import { lockWriters } from "../../harness/rows.js";
import { type Fixture, useDaemon } from "../support/daemon/fixture.js";

const setup = { type: "setup", message: { config_str: "[common]\n" } };
const tell = { type: "tell", message: { config: { x: [1] }, outcome: 1 } };

describeOnEngines("A clock probe", (engine) => {
  const fixture: Fixture = useDaemon(engine);

  it("is answered with the daemon's clock, and stored nowhere", async () => {
    const { client } = fixture;
    const before = Date.now();
    const reply = await client.request({ type: "clock", sent_at: 12.5, id: "c-1" });
    expect(reply).to.include({ type: "clock", ok: true, stored: false, sent_at: 12.5, id: "c-1" });
    expect(reply["received_at"]).to.be.within(before, Date.now() + 1);
    expect(reply["answered_at"]).to.be.within(reply["received_at"] as number, Date.now() + 1);
    expect(await client.request(setup)).to.include({ ok: true, seq: 1 });
    await client.request({ type: "clock", sent_at: 1 });
    expect(await client.request(tell)).to.include({ ok: true, seq: 2 });
    expect(await fixture.read("select count(*) as count from replay_data")).to.deep.equal([{ count: 2 }]);
    expect(await fixture.read("select count(*) as count from rejected_data")).to.deep.equal([{ count: 0 }]);
  });

  it("is answered in MessagePack where it came so", async () => {
    const client = await Client.connect(fixture.daemon.url, "messagepack");
    expect(await client.request({ type: "clock", sent_at: 1.5 })).to.include({ ok: true, sent_at: 1.5 });
  });

  it("is answered while messages wait for their commit", async () => {
    const { client, daemon } = fixture;
    await client.request(setup);
    const unlock = await lockWriters(daemon.options.db);
    client.send({ ...tell, id: "waits" });
    expect(await client.request({ type: "clock", sent_at: 1 })).to.include({ type: "clock", ok: true });
    await unlock();
    expect(await client.reply()).to.include({ id: "waits", ok: true });
  });

  for (const [name, probe] of [
    ["without sent_at", { type: "clock" }],
    ["with a text as sent_at", { type: "clock", sent_at: "1764000000000" }],
    ["with an id that is a number", { type: "clock", sent_at: 1, id: 5 }],
    ["with a message", { type: "clock", sent_at: 1, message: "12:00" }],
    ["of more than 512 bytes", { type: "clock", sent_at: 1, note: "x".repeat(600) }],
  ] as const) {
    it(`is refused ${name}, and kept as rejected`, async () => {
      const reply = await fixture.client.request(probe);
      expect(reply).to.include({ ok: false, code: "invalid", stored: false });
      expect(reply.ok ? "" : reply.server_error).to.match(/^A clock probe must have `sent_at`/);
      expect(await fixture.read("select code from rejected_data")).to.deep.equal([{ code: "invalid" }]);
    });
  }
});
