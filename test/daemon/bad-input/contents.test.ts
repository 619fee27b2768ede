import { expect } from "chai";
import { Client } from "../../../harness/client.js";
import { startDaemon } from "../../support/daemon/daemon.js";
import { describeOnEngines } from "../../../harness/engines.js";
import { setup, tell, useUndisturbedDaemon } from "./undisturbed.js";
import { dig, readVectors } from "../../support/files/vectors.js";

describeOnEngines("A message with unusual contents", (engine) => {
  const fixture = useUndisturbedDaemon(engine);
  const { read } = fixture;

  for (const coding of ["json", "messagepack"] as const) {
    it(`may have __proto__, constructor and toString as names in ${coding}`, async () => {
      const client = await Client.connect(fixture.daemon.url, coding);
      await client.request(setup);
      const names = ["__proto__", "constructor", "toString", "10", "9"];
      const config = new Map(names.map((name) => [name, [1]]));
      const message = new Map<string, unknown>([
        ["config", config],
        ["outcome", new Map([["__proto__", 2]])],
      ]);
      const extra = new Map([["__proto__", new Map([["polluted", true]])]]);
      client.send(
        new Map<string, unknown>([
          ["type", "tell"],
          ["message", message],
          ["extra_info", extra],
        ]),
      );
      expect(await client.reply()).to.include({ ok: true, trials_recorded: 1 });
      const params = await read("select param_name from param_data order by unique_id");
      expect(params.map((row) => row["param_name"])).to.deep.equal(names);
      expect(await read("select outcome_name from outcome_data")).to.deep.equal([
        { outcome_name: "__proto__" },
      ]);
      expect(await read("select extra_data from raw_data")).to.deep.equal([
        { extra_data: '{"__proto__":{"polluted":true}}' },
      ]);
      expect(({} as Record<string, unknown>)["polluted"]).to.equal(undefined);
    });
  }

  for (const vector of readVectors("tell.json").filter(
    (one) => dig(one, "expected", "underivable") !== undefined,
  )) {
    it(`is stored without trials: the tell of the vector "${vector.get("name") as string}"`, async () => {
      const client = await Client.connect(fixture.daemon.url);
      const names = ((vector.get("outcome_names") ?? []) as string[]).join(", ");
      const config = `[common]\nstimuli_per_trial = ${vector.get("stimuli_per_trial") as number}\noutcome_names = [${names}]\n`;
      await client.request({ type: "setup", message: { config_str: config } });
      client.send(
        new Map([
          ["type", "tell"],
          ["message", vector.get("message")],
          ["extra_info", vector.get("extra_info")],
          ["batch", vector.get("batch")],
        ]),
      );
      expect(await client.reply()).to.include({ code: "underivable", stored: true, seq: 2 });
      expect(await read("select * from raw_data")).to.deep.equal([]);
    });
  }

  // Each of these took a time that grew as the square of its length; the test's own time limit is what would fail it.
  for (const [what, config] of Object.entries({
    "references without an end": `[common]\na = ${"${".repeat(2_000_000)}`,
    "references without an end, with names": `[common]\na = ${"${a".repeat(2_000_000)}`,
    "dollar signs": `[common]\na = ${"$$".repeat(2_000_000)}$`,
    blanks: `[common]\na = x${" ".repeat(4_000_000)}x # ${" #".repeat(1_000_000)}\na`,
  })) {
    it(`is refused quickly: a config of millions of ${what}`, async () => {
      const client = await Client.connect(fixture.daemon.url);
      expect(await client.request({ type: "setup", message: { config_str: config } })).to.include({
        code: "bad_setup",
      });
    });
  }

  it("is stored quickly: an outcome of millions of digits that is not a number", async () => {
    const client = await Client.connect(fixture.daemon.url);
    await client.request(setup);
    const reply = await client.request({ type: "tell", message: { outcome: `${"1".repeat(4_000_000)}x` } });
    expect(reply).to.include({ ok: true, trials_recorded: 1 });
  });

  it("does not keep other clients waiting when thousands of empty frames follow its setups", async () => {
    const client = await Client.connect(fixture.daemon.url);
    for (let count = 0; count < 100; count += 1) client.send(setup);
    for (let count = 0; count < 30_000; count += 1) client.sendFrame("");
    // The flood is not over when the others have long been answered.
    for (let count = 0; count < 20; count += 1)
      expect(await fixture.client.request(tell)).to.include({ ok: true });
    expect(client.replies.length).to.be.below(30_000);
  });

  it("is stored without trials if its extra info would be repeated too often", async () => {
    const client = await Client.connect(fixture.daemon.url);
    await client.request(setup);
    const trials = Array.from({ length: 10_000 }, (_, trial) => trial);
    const message = { config: { x: trials }, outcome: trials };
    const reply = await client.request({ type: "tell", message, extra_info: { log: "x".repeat(100_000) } });
    expect(reply).to.include({ code: "underivable", stored: true });
    expect(reply["server_error"]).to.include("32 MiB");
  });

  it("can be resumed after a restart though its config is as deep as a frame may be", async () => {
    const client = await Client.connect(fixture.daemon.url);
    let deep: object = { $bytes: 1 };
    for (let level = 0; level < 240; level += 1) deep = { $bytes: deep };
    const { session } = await client.request({
      type: "setup",
      message: { config_dict: { common: { deep } } },
    });
    expect(session).to.be.a("string");
    const again = await startDaemon({ db: fixture.daemon.options.db });
    const second = await Client.connect(again.url);
    expect(await second.request({ type: "resume", message: { session } })).to.include({
      ok: true,
      last_seq: 1,
    });
  });
});
