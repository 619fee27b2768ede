import { expect } from "chai";
import type { DaemonOptions } from "../../src/index.js";
import { Client } from "../../harness/client.js";
import { collectLog, startDaemon } from "../support/daemon/daemon.js";
import { describeOnEngines } from "../../harness/engines.js";
import { lockWriters } from "../../harness/rows.js";
import { until } from "../support/checks/until.js";

const setup = { type: "setup", message: { config_str: "[common]\n" } };
const tell = { type: "tell", message: { config: { x: [1] }, outcome: 1 } };

describeOnEngines("A daemon whose write queue is full", (engine) => {
  const start = async (options: Partial<DaemonOptions> = {}) =>
    startDaemon({ db: await engine.makeReadyLocation(), ...options });

  it("pauses its clients, does not drop them as silent, and answers everything later", async () => {
    const { logger, lines } = collectLog();
    const daemon = await start({ maximumQueueBytes: 10_000, pingEveryMs: 20, logger });
    const clients = await Promise.all([1, 2, 3].map(() => Client.connect(daemon.url)));
    for (const client of clients) await client.request(setup);
    const unlock = await lockWriters(daemon.options.db);
    for (const client of clients)
      for (let trial = 0; trial < 500; trial += 1) client.send({ ...tell, id: `t${trial}` });
    await until(() => lines.some(({ msg }) => msg.startsWith("write queue full")));
    // Many times the two pings after which a silent client would be dropped.
    const pings = Date.now() + 300;
    await until(() => Date.now() > pings);
    await unlock();
    for (const client of clients) {
      for (let trial = 0; trial < 500; trial += 1)
        expect(await client.reply()).to.include({ ok: true, id: `t${trial}` });
    }
    expect(lines.map(({ msg }) => msg)).to.include("write queue below its limit: clients resumed");
    expect(lines.filter(({ msg }) => msg.startsWith("connection dropped"))).to.deep.equal([]);
  });
});
