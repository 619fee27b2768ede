import { randomUUID } from "node:crypto";
import { expect } from "chai";
import { type Coding, codingOf, decodeFrame } from "../../src/protocol/index.js";
import { Client } from "../../harness/client.js";
import { setup, tell } from "../support/client/contrast.js";
import { useDaemon } from "../support/daemon/fixture.js";
import { describeOnEngines } from "../../harness/engines.js";
import { dig } from "../support/files/vectors.js";

for (const coding of ["json", "messagepack"] satisfies Coding[]) {
  describeOnEngines(`a session in ${coding}`, (engine) => {
    const fixture = useDaemon(engine, coding);
    const { read } = fixture;

    it("begins with a setup", async () => {
      const reply = await fixture.client.request(setup());
      expect(reply).to.include({ type: "setup", ok: true, stored: true, seq: 1, replay_id: 1, strat_id: 0 });
      const rows = await read(
        "select experiment_name, participant_id, session_id, last_seq, source from master",
      );
      expect(rows).to.deep.equal([
        {
          experiment_name: "contrast",
          participant_id: "P1",
          session_id: reply["session"],
          last_seq: 1,
          source: null,
        },
      ]);
      const [row] = await read("select config from config_data where master_table_id = 1");
      expect(JSON.parse(row?.["config"] as string)).to.have.nested.property("common.parnames", "[x]");
    });

    it("stores a message unchanged before it acknowledges it", async () => {
      await fixture.client.request(setup());
      const reply = await fixture.client.request(
        tell(1, { id: "t1", sent_at: 1764000000123.5, extra_info: { rt: 0.4 } }),
      );
      const [row] = await read("select * from replay_data where seq = 2");
      expect(row).to.include({
        message_type: "tell",
        message_id: "t1",
        sent_at: 1764000000123.5,
        extra_info: '{"rt":0.4}',
      });
      expect(row?.["unique_id"]).to.equal(reply["replay_id"]);
      expect(Date.parse(row?.["timestamp"] as string)).to.equal(reply["received_at"]);
      expect((row?.["message_contents"] as Buffer)[0]).to.equal(coding === "json" ? 0x7b : 0x85);
    });

    it("stores the trial of a tell", async () => {
      await fixture.client.request(setup());
      expect(await fixture.client.request(tell(1, { extra_info: { rt: 0.4 } }))).to.include({
        trials_recorded: 1,
        model_data_added: 0,
      });
      expect(
        await read("select model_data, extra_data, replay_table_id, master_table_id from raw_data"),
      ).to.deep.equal([{ model_data: 1, extra_data: '{"rt":0.4}', replay_table_id: 2, master_table_id: 1 }]);
      expect(await read("select param_name, param_value from param_data")).to.deep.equal([
        { param_name: "x", param_value: "0.5" },
      ]);
      expect(await read("select outcome_name, outcome_value, outcome_text from outcome_data")).to.deep.equal([
        { outcome_name: "outcome", outcome_value: 1, outcome_text: null },
      ]);
    });

    it("stores U+0000 in messages and U+FFFD in columns, and recognises the same text again", async () => {
      await fixture.client.request(
        setup({ message: { config_dict: { common: { name: "a\0b" } } }, extra_info: { "k\0": "v\0" } }),
      );
      const message = { config: { "x\0": ["a\0b"] }, outcome: "yes\0" };
      expect(await fixture.client.request({ type: "tell", id: "a", message })).to.include({
        ok: true,
        trials_recorded: 1,
      });
      expect(await fixture.client.request({ type: "tell", id: "a", message })).to.include({
        duplicate: true,
      });
      expect(
        await fixture.client.request({
          type: "tell",
          message: { config: { "x\0": [1, 2] }, outcome: [1, 2, 3] },
        }),
      ).to.include({
        code: "underivable",
      });
      const [first, second] = await read("select message_contents, extra_info from replay_data order by seq");
      expect(JSON.parse(first?.["extra_info"] as string)).to.deep.equal({ "k\uFFFD": "v\uFFFD" });
      const frame = second?.["message_contents"] as Buffer;
      expect(dig(decodeFrame(frame, codingOf(frame)), "message", "outcome")).to.equal("yes\0");
      expect(await read("select param_name, param_value from param_data")).to.deep.equal([
        { param_name: "x\uFFFD", param_value: "a\uFFFDb" },
      ]);
    });

    it("stores and acknowledges an ask, a strat and a message of any other type", async () => {
      await fixture.client.request(setup());
      for (const type of ["ask", "strat", "query", "info", "can_model", "my_own"]) {
        expect(await fixture.client.request({ type, message: { any: [1] } })).to.include({
          type,
          ok: true,
          stored: true,
        });
      }
      expect(await read("select strat, replay_table_id from strat_data")).to.deep.equal([
        { strat: null, replay_table_id: 3 },
      ]);
    });

    it("stores a tell without trials if none can be derived, and answers underivable", async () => {
      await fixture.client.request(setup());
      const reply = await fixture.client.request({ type: "tell", message: { config: { x: [1] } } });
      expect(reply).to.include({ ok: false, code: "underivable", stored: true, retry: false, seq: 2 });
      expect(reply["server_error"]).to.include("outcome");
      const rows = await read(
        "select seq, derivation_error from replay_data where derivation_error is not null",
      );
      expect(rows).to.deep.equal([{ seq: 2, derivation_error: reply["server_error"] }]);
      expect(await read("select * from raw_data")).to.deep.equal([]);
    });

    it("answers pipelined messages in their order", async () => {
      fixture.client.send(setup());
      for (let trial = 0; trial < 500; trial += 1) fixture.client.send(tell(trial, { id: `t${trial}` }));
      expect(await fixture.client.reply()).to.include({ type: "setup", seq: 1 });
      for (let trial = 0; trial < 500; trial += 1)
        expect(await fixture.client.reply()).to.include({ id: `t${trial}`, seq: trial + 2 });
    });

    it("answers errors in the order of the requests too", async () => {
      fixture.client.send(setup());
      fixture.client.send(tell(1, { id: "a" }));
      fixture.client.send({ type: "BAD", id: "b" });
      fixture.client.send(tell(1, { id: "c", session: randomUUID() }));
      fixture.client.send(tell(1, { id: "d" }));
      const ids = [];
      for (let count = 0; count < 5; count += 1) ids.push((await fixture.client.reply())["id"]);
      expect(ids.slice(1)).to.deep.equal(["a", "b", "c", "d"]);
    });

    it("can be one of several on a connection", async () => {
      const first = await fixture.client.request(setup());
      const second = await fixture.client.request(setup());
      expect(second).to.include({ strat_id: 1 }).and.not.include({ session: first["session"] });
      expect(await fixture.client.request(tell(1))).to.include({ session: second["session"], seq: 2 });
      expect(await fixture.client.request(tell(1, { session: first["session"] }))).to.include({
        session: first["session"],
        seq: 2,
      });
      expect(await fixture.client.request(tell(1))).to.include({ session: second["session"], seq: 3 });
      expect(await fixture.client.request({ type: "resume", message: { strat_id: 0 } })).to.include({
        session: first["session"],
        strat_id: 0,
      });
      expect(await fixture.client.request(tell(1))).to.include({ session: first["session"] });
    });

    it("gives its experiment_id to the next session of its connection", async () => {
      await fixture.client.request(setup());
      await fixture.client.request(setup());
      const rows = await read("select distinct experiment_id from master");
      expect(rows).to.have.length(1);
      expect(rows[0]?.["experiment_id"]).to.match(/^[0-9a-f-]{36}$/);
    });

    it("takes its ids from the defaults if its setup names none", async () => {
      const defaults = { experiment_id: "e7", participant_id: "P7" };
      await fixture.client.request({ type: "setup", message: {}, defaults });
      await fixture.client.request({
        type: "setup",
        message: { experiment_id: "e8", participant_id: "P8" },
        defaults,
      });
      await fixture.client.request({ type: "setup", message: {}, defaults: { participant_id: 7 } });
      const rows = await read("select experiment_id, participant_id from master order by unique_id");
      expect(rows.slice(0, 2)).to.deep.equal([
        { experiment_id: "e7", participant_id: "P7" },
        { experiment_id: "e8", participant_id: "P8" },
      ]);
      // As without them: the experiment of the connection, and a participant of its own.
      expect(rows[2]).to.include({ experiment_id: "e8" });
      expect(rows[2]?.["participant_id"]).to.match(/^[0-9a-f-]{36}$/);
    });

    it("takes tells from several connections", async () => {
      const { session } = await fixture.client.request(setup());
      const clients = await Promise.all(
        Array.from({ length: 4 }, () => Client.connect(fixture.daemon.url, coding)),
      );
      const replies = await Promise.all(
        clients.flatMap((other) => Array.from({ length: 25 }, () => other.request(tell(1, { session })))),
      );
      const seqs = replies.map((reply) => reply["seq"] as number).sort((a, b) => a - b);
      expect(seqs).to.deep.equal(Array.from({ length: 100 }, (_, index) => index + 2));
    });
  });
}
