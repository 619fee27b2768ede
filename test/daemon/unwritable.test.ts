import { expect } from "chai";
import type { DaemonOptions } from "../../src/index.js";
import { Client } from "../../harness/client.js";
import { collectLog, startDaemon } from "../support/daemon/daemon.js";
import { describeOnEngines } from "../../harness/engines.js";
import { lockWriters, readRows } from "../../harness/rows.js";
import { until } from "../support/checks/until.js";

const setup = { type: "setup", message: { config_str: "[common]\n" } };
const tell = { type: "tell", message: { config: { x: [1] }, outcome: 1 } };

describeOnEngines("A daemon whose database cannot be written", (engine) => {
  const start = async (options: Partial<DaemonOptions> = {}) =>
    startDaemon({ db: await engine.makeReadyLocation(), ...options });

  it("answers unavailable as the last reply, closes with 1013, and writes again later", async () => {
    const { logger, lines } = collectLog();
    const daemon = await start({ busyTimeoutMs: 50, logger });
    const client = await Client.connect(daemon.url);
    const { session } = await client.request(setup);
    const unlock = await lockWriters(daemon.options.db);
    client.send({ ...tell, id: "a" });
    client.send({ ...tell, id: "b" });
    expect(await client.reply()).to.include({
      ok: false,
      id: "a",
      code: "unavailable",
      stored: false,
      retry: true,
    });
    expect(await client.closed()).to.equal(1013);
    expect(client.replies).to.deep.equal([]);
    await unlock();
    const again = await Client.connect(daemon.url);
    expect(await again.request({ ...tell, session, id: "a" })).to.include({ ok: true, seq: 2 });
    expect(await again.request({ ...tell, session, id: "b" })).to.include({ ok: true, seq: 3 });
    expect(lines.map(({ msg }) => msg)).to.include("database reopened");
  });

  it("never lets a later message overtake one that failed", async () => {
    const daemon = await start({ busyTimeoutMs: 1 });
    const path = daemon.options.db;
    const first = await Client.connect(daemon.url);
    const { session } = await first.request(setup);
    for (let round = 0; round < 10; round += 1) {
      const client = await Client.connect(daemon.url);
      const unlock = await lockWriters(path);
      for (let trial = 0; trial < 200; trial += 1) client.send({ ...tell, session, id: `${round}-${trial}` });
      await new Promise((resolve) => setImmediate(resolve));
      await unlock();
      // Whether the lock was met or not: what was stored is a beginning of what was sent.
      await until(() => client.closeCode !== undefined || client.replies.length === 200);
      await first.request({ ...tell, session });
      const rows = await readRows(
        path,
        `select message_id from replay_data where message_id like '${round}-%' order by seq`,
      );
      expect(rows.map((row) => row["message_id"])).to.deep.equal(rows.map((_, trial) => `${round}-${trial}`));
      const acknowledged = client.replies.filter(({ ok }) => ok).length;
      expect(acknowledged).to.equal(rows.length);
    }
  });
});
