import { once } from "node:events";
import { connect } from "node:net";
import { expect } from "chai";
import type { DaemonOptions } from "../../src/index.js";
import { Client } from "../../harness/client.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { describeOnEngines } from "../../harness/engines.js";
import { rejection } from "../support/checks/rejection.js";
import { lockWriters, readRows } from "../../harness/rows.js";
import { until } from "../support/checks/until.js";

const setup = { type: "setup", message: { config_str: "[common]\n" } };
const tell = { type: "tell", message: { config: { x: [1] }, outcome: 1 } };

describeOnEngines("A daemon that stops", (engine) => {
  const start = async (options: Partial<DaemonOptions> = {}) =>
    startDaemon({ db: await engine.makeReadyLocation(), ...options });

  it("writes and acknowledges what it has, closes with 1001, and leaves no write-ahead log", async () => {
    const daemon = await start();
    const client = await Client.connect(daemon.url);
    await client.request(setup);
    for (let trial = 0; trial < 300; trial += 1) client.send(tell);
    await client.reply();
    expect(await daemon.stop()).to.equal(true);
    expect(await client.closed()).to.equal(1001);
    const [row] = await readRows(daemon.options.db, "select count(*) as n from replay_data");
    // Every reply, the setup's and the first tell's among them, stands for a row.
    expect(row?.["n"]).to.equal(client.replies.length + 2);
  });

  it("refuses new clients", async () => {
    const daemon = await start();
    const { url } = daemon;
    await daemon.stop();
    const error = await rejection(Client.connect(url));
    expect(String(error)).to.include("ECONNREFUSED");
  });

  it("drops a client that does not answer the close", async () => {
    const daemon = await start();
    const client = await Client.connect(daemon.url);
    client.socket.pause();
    expect(await daemon.stop()).to.equal(true);
    client.socket.resume();
  });

  it("gives up what cannot be written in time, without acknowledging it", async () => {
    const daemon = await start({ busyTimeoutMs: 1000 });
    const client = await Client.connect(daemon.url);
    await client.request(setup);
    const unlock = await lockWriters(daemon.options.db);
    await until(() => {
      client.send(tell);
      return daemon.database.queuedBytes > 0;
    });
    expect(await daemon.stop(100)).to.equal(false);
    await unlock();
    expect(client.replies.filter(({ ok }) => ok)).to.deep.equal([]);
    expect(await readRows(daemon.options.db, "select count(*) as n from replay_data")).to.deep.equal([
      { n: 1 },
    ]);
  });

  it("does not wait for a client that connected and sent nothing", async () => {
    const daemon = await start();
    const stream = connect(Number(new URL(daemon.url).port), "127.0.0.1");
    await once(stream, "connect");
    expect(await daemon.stop()).to.equal(true);
    stream.destroy();
  });

  it("may be stopped twice", async () => {
    const daemon = await start();
    expect(await Promise.all([daemon.stop(), daemon.stop()])).to.deep.equal([true, true]);
  });
});
