import { once } from "node:events";
import { expect } from "chai";
import { WebSocket } from "ws";
import type { DaemonOptions } from "../../../src/index.js";
import { Client } from "../../../harness/client.js";
import { collectLog, startDaemon } from "../../support/daemon/daemon.js";
import { describeOnEngines } from "../../../harness/engines.js";
import { until } from "../../support/checks/until.js";

const setup = { type: "setup", message: { config_str: "[common]\n" } };

describeOnEngines("A daemon that pings", (engine) => {
  const start = async (options: Partial<DaemonOptions> = {}) =>
    startDaemon({ db: await engine.makeReadyLocation(), ...options });

  it("keeps a client that answers pings and sends nothing else", async () => {
    const daemon = await start({ pingEveryMs: 20 });
    const client = await Client.connect(daemon.url);
    let pings = 0;
    client.socket.on("ping", () => (pings += 1));
    await until(() => pings >= 6);
    expect(await client.request(setup)).to.include({ ok: true });
  });

  it("drops a client that is silent for two pings", async () => {
    const { logger, lines } = collectLog();
    const daemon = await start({ pingEveryMs: 20, logger });
    const socket = new WebSocket(daemon.url, { autoPong: false });
    let pings = 0;
    socket.on("ping", () => (pings += 1));
    const [code] = (await once(socket, "close")) as [number];
    expect(code).to.equal(1006);
    expect(pings).to.equal(2);
    expect(lines.map(({ msg }) => msg)).to.include("connection dropped: silent for two pings");
  });
});
