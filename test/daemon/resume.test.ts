import { expect } from "chai";
import { type Coding } from "../../src/protocol/index.js";
import { Client } from "../../harness/client.js";
import { setup, tell } from "../support/client/contrast.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { useDaemon } from "../support/daemon/fixture.js";
import { describeOnEngines } from "../../harness/engines.js";

for (const coding of ["json", "messagepack"] satisfies Coding[]) {
  describeOnEngines(`an earlier session in ${coding}`, (engine) => {
    const fixture = useDaemon(engine, coding);

    it("is resumed on a new connection, which learns its last seq", async () => {
      const { session } = await fixture.client.request(setup());
      await fixture.client.request(tell(1));
      const other = await Client.connect(fixture.daemon.url, coding);
      const resumed = await other.request({ type: "resume", message: { session } });
      expect(resumed).to.include({ type: "resume", ok: true, session, seq: 3, last_seq: 2, strat_id: 0 });
      expect(await other.request(tell(0))).to.include({ session, seq: 4 });
    });

    it("is resumed with the digests of its last message and of the one that the client asks for", async () => {
      const begun = await fixture.client.request(setup());
      const { session } = begun;
      const told = await fixture.client.request(tell(1));
      const ask = (knownSeq: number) =>
        fixture.client.request({ type: "resume", message: { session, known_seq: knownSeq } });
      const first = await ask(1);
      expect(first).to.include({ last_digest: told["digest"], known_digest: begun["digest"] });
      const second = await ask(3);
      expect(second).to.include({ last_digest: first["digest"], known_digest: first["digest"] });
      expect(await ask(6)).to.include({ known_digest: null });
      expect(await ask(2 ** 40)).to.include({ known_digest: null });
      const plain = await fixture.client.request({ type: "resume", message: { session } });
      expect(plain).to.include({ seq: 7 }).and.not.to.have.property("known_digest");
    });

    it("is not resumed for a known_seq that is not a seq", async () => {
      const { session } = await fixture.client.request(setup());
      for (const knownSeq of [0, -1, 1.5, "1", {}]) {
        const resume = { type: "resume", message: { session, known_seq: knownSeq } };
        expect(await fixture.client.request(resume)).to.include({ code: "invalid", stored: false });
      }
    });

    it("is resumed by the session that the message names if its strat_id is another connection's", async () => {
      const { session } = await fixture.client.request(setup());
      const other = await Client.connect(fixture.daemon.url, coding);
      const resume = { type: "resume", message: { strat_id: 1 } };
      expect(await other.request({ ...resume, session })).to.include({ ok: true, session, strat_id: 0 });
      expect(await other.request(resume)).to.include({ ok: false, code: "unknown_session" });
    });

    it("is resumed with its strat_id as text, as AEPsych's MATLAB client sends it", async () => {
      const { session } = await fixture.client.request(setup());
      await fixture.client.request(setup());
      const resume = { type: "resume", version: "0.01", message: { strat_id: "0" } };
      expect(await fixture.client.request(resume)).to.include({ ok: true, session, strat_id: 0 });
      expect(await fixture.client.request(tell(1))).to.include({ session, seq: 3 });
    });

    const refused: [string, object, string][] = [
      ["a resume of an unknown strat_id", { type: "resume", message: { strat_id: 7 } }, "unknown_session"],
      ["a resume of an unknown session", { type: "resume", message: { session: "none" } }, "unknown_session"],
      ["an invalid resume", { type: "resume", message: { strat_id: null } }, "invalid"],
      ["a resume with an invalid envelope", { type: "resume", sent_at: "now" }, "invalid"],
      ["a resume with a used id", { type: "resume", id: "used" }, "conflict"],
      ["a bad setup", { type: "setup", message: { config_str: "x" } }, "bad_setup"],
    ];
    for (const [what, message, code] of refused) {
      it(`is no longer current after ${what} is refused, until it is resumed`, async () => {
        const { session } = await fixture.client.request(setup());
        await fixture.client.request(tell(1, { id: "used" }));
        expect(await fixture.client.request(message)).to.include({ ok: false, code, stored: false });
        expect(await fixture.client.request(tell(0))).to.include({ code: "no_session", stored: false });
        expect(await fixture.client.request(tell(0, { session }))).to.include({ ok: true, seq: 3 });
        const resume = { type: "resume", message: { strat_id: 0 } };
        expect(await fixture.client.request(resume)).to.include({ ok: true, session, seq: 4 });
        expect(await fixture.client.request(tell(0))).to.include({ ok: true, session, seq: 5 });
      });
    }

    it("gives its experiment_id to a setup that corrects a refused one", async () => {
      await fixture.client.request(setup());
      await fixture.client.request({ type: "setup", message: { config_str: "x" } });
      await fixture.client.request(setup());
      expect(await fixture.read("select distinct experiment_id from master")).to.have.length(1);
    });

    it("is resumed after a restart of the daemon", async () => {
      const { session } = await fixture.client.request(setup());
      await fixture.client.request(tell(1, { id: "t1" }));
      await fixture.daemon.stop();
      const restarted = await startDaemon({ db: fixture.daemon.options.db });
      const other = await Client.connect(restarted.url, coding);
      expect(await other.request({ type: "resume", message: { session } })).to.include({ last_seq: 2 });
      expect(await other.request(tell(1, { id: "t1" }))).to.include({ duplicate: true, seq: 2 });
      expect(await other.request(tell(0, { id: "t1" }))).to.include({ code: "conflict", stored: false });
      expect(await other.request(tell(0, { id: "t2" }))).to.include({ seq: 4, trials_recorded: 1 });
    });

    it("ends for a connection with exit, and goes on for others", async () => {
      const { session } = await fixture.client.request(setup());
      const answer = { ok: true, seq: 2, termination_type: "Normal termination", success: true };
      expect(await fixture.client.request({ type: "exit" })).to.include(answer);
      expect(await fixture.client.request(tell(1))).to.include({ code: "no_session" });
      expect(await fixture.client.request(tell(1, { session }))).to.include({ ok: true, seq: 3 });
    });

    it("stores messages whose client closes before the replies", async () => {
      const { session } = await fixture.client.request(setup());
      for (let trial = 0; trial < 100; trial += 1) fixture.client.send(tell(trial));
      await fixture.client.close();
      const other = await Client.connect(fixture.daemon.url, coding);
      const { last_seq: lastSeq } = await other.request({ type: "resume", message: { session } });
      expect(lastSeq).to.equal(101);
    });
  });
}
