import { randomUUID } from "node:crypto";
import { expect } from "chai";
import { type Coding } from "../../src/protocol/index.js";
import { Client } from "../../harness/client.js";
import { setup, tell } from "../support/client/contrast.js";
import { useDaemon } from "../support/daemon/fixture.js";
import { describeOnEngines } from "../../harness/engines.js";

for (const coding of ["json", "messagepack"] satisfies Coding[]) {
  describeOnEngines(`a message that is sent again in ${coding}`, (engine) => {
    const fixture = useDaemon(engine, coding);
    const { read } = fixture;

    beforeEach(async () => {
      await fixture.client.request(setup());
    });

    it("gets the first reply again, and writes nothing", async () => {
      const first = await fixture.client.request(tell(1, { id: "a" }));
      expect(await fixture.client.request(tell(1, { id: "a" }))).to.deep.equal({ ...first, duplicate: true });
      expect(await read("select count(*) as n from raw_data")).to.deep.equal([{ n: 1 }]);
    });

    it("gets the first reply again for an underivable tell", async () => {
      const first = await fixture.client.request({ type: "tell", id: "a", message: 7 });
      const again = await fixture.client.request({ type: "tell", id: "a", message: 7 });
      expect(again)
        .to.deep.equal({ ...first, duplicate: true })
        .and.include({ code: "underivable" });
    });

    it("gets the first reply again for a resume, which binds the connection", async () => {
      const { session } = await fixture.client.request(setup({ session: randomUUID() }));
      const other = await Client.connect(fixture.daemon.url, coding);
      const first = await other.request({ type: "resume", id: "r", message: { session } });
      const third = await Client.connect(fixture.daemon.url, coding);
      expect(await third.request({ type: "resume", id: "r", message: { session } })).to.deep.equal({
        ...first,
        duplicate: true,
      });
      expect(await third.request(tell(1))).to.include({ session });
    });

    it("is recognised in the other coding and with its keys in another order", async () => {
      const { session } = await fixture.client.request(setup());
      await fixture.client.request({
        type: "tell",
        id: "a",
        message: { config: { x: [1], y: [2.5] }, outcome: 1 },
        extra_info: { a: 1, b: null },
      });
      const other = await Client.connect(fixture.daemon.url, coding === "json" ? "messagepack" : "json");
      const again = {
        type: "tell",
        id: "a",
        session,
        extra_info: { b: null, a: 1 },
        message: { outcome: 1, config: { y: [2.5], x: [1] } },
      };
      expect(await other.request(again)).to.include({ ok: true, duplicate: true });
    });

    for (const [what, change] of Object.entries({
      type: { type: "ask" },
      message: { message: { config: { x: [0.5] }, outcome: 0 } },
      extra_info: { extra_info: { late: true } },
      response: { response: { x: [0.5] } },
    })) {
      it(`refuses another ${what} as a conflict, and keeps it`, async () => {
        await fixture.client.request(tell(1, { id: "a" }));
        const reply = await fixture.client.request({ ...tell(1, { id: "a" }), ...change });
        expect(reply).to.include({ ok: false, code: "conflict", stored: false, retry: false, id: "a" });
        expect(await read("select code, master_table_id from rejected_data")).to.deep.equal([
          { code: "conflict", master_table_id: 1 },
        ]);
      });
    }

    it("is recognised by its session if it is a setup", async () => {
      const session = randomUUID();
      const first = await fixture.client.request(setup({ session }));
      const other = await Client.connect(fixture.daemon.url, coding);
      expect(await other.request(setup({ session: session.toUpperCase() }))).to.deep.equal({
        ...first,
        strat_id: 0,
        duplicate: true,
      });
      expect(await other.request(tell(1))).to.include({ session, seq: 2 });
      const changed = setup({ session, message: { config_str: "[common]\nstimuli_per_trial = 2\n" } });
      expect(await other.request(changed)).to.include({ code: "conflict", stored: false });
    });

    it("is a new setup if it names no session", async () => {
      const first = await fixture.client.request(setup({ id: "s" }));
      const second = await fixture.client.request(setup({ id: "s" }));
      expect(second).not.to.include({ session: first["session"] });
    });
  });
}
