import { once } from "node:events";
import { stat } from "node:fs/promises";
import { request } from "node:http";
import { expect } from "chai";
import { pino } from "pino";
import { WebSocket } from "ws";
import { engineAt } from "../../src/database/engines/index.js";
import { type Daemon, type DaemonOptions, ListenError } from "../../src/index.js";
import { Client } from "../../harness/client.js";
import { collectLog, startDaemon } from "../support/daemon/daemon.js";
import { describeOnEngines } from "../../harness/engines.js";
import { rejection } from "../support/checks/rejection.js";
import { readRows } from "../../harness/rows.js";
import { until } from "../support/checks/until.js";

const setup = { type: "setup", message: { config_str: "[common]\n" } };
const tell = { type: "tell", message: { config: { x: [1] }, outcome: 1 } };

async function get(daemon: Daemon, path: string): Promise<{ status: number; body: string }> {
  const response = await fetch(`${daemon.url.replace("ws:", "http:")}${path}`, {
    headers: { connection: "close" },
  });
  return { status: response.status, body: await response.text() };
}

describeOnEngines("A daemon that starts", (engine) => {
  const start = async (options: Partial<DaemonOptions> = {}) =>
    startDaemon({ db: await engine.makeReadyLocation(), ...options });

  it("knows where it listens", async () => {
    const daemon = await start();
    expect(daemon.url).to.match(/^ws:\/\/127\.0\.0\.1:\d+$/);
  });

  it("refuses a port in use, in one sentence, and leaves the database closed", async () => {
    const daemon = await start();
    const db = await engine.makeReadyLocation();
    const error = await rejection(start({ port: Number(new URL(daemon.url).port), db }));
    expect(error).to.be.instanceOf(ListenError).with.property("code", "port_in_use");
    expect((error as Error).message).to.include("--port");
    expect(await readRows(db, "select count(*) as n from master")).to.deep.equal([{ n: 0 }]);
  });

  // A server's disk and log are not looked at.
  (engine.name === "SQLite" ? it : () => undefined)(
    "closes the database if its first look at the disk fails",
    async () => {
      const db = await engine.makeReadyLocation();
      const fails = () => {
        throw new Error("the log cannot be written");
      };
      const logger = pino({ level: "warn" }, { write: fails });
      const error = await rejection(start({ db, logger, lowDiskBytes: Infinity }));
      expect((error as Error).message).to.equal("the log cannot be written");
      // The last connection to close removes the write-ahead log.
      expect(await stat(`${db}-wal`).catch(() => undefined)).to.equal(undefined);
    },
  );

  it("refuses an address that is not its own", async () => {
    const error = await rejection(start({ host: "192.0.2.1", isInsecure: true }));
    expect(error).to.be.instanceOf(ListenError).with.property("code", "cannot_listen");
  });

  it("logs a line for start, connection, session, rejected message and stop, and none for a message", async () => {
    const { logger, lines } = collectLog();
    const daemon = await start({ logger });
    const client = await Client.connect(daemon.url);
    await client.request(setup);
    for (let trial = 0; trial < 20; trial += 1) await client.request(tell);
    await client.request({ type: "BAD" });
    await client.close();
    await until(() => lines.some(({ msg }) => msg === "connection closed"));
    await daemon.stop();
    expect(lines.map(({ msg }) => msg.split(":")[0])).to.deep.equal([
      "telltale started",
      "connection opened",
      "session begun",
      "message rejected",
      "connection closed",
      "telltale stopped",
    ]);
  });

  it("answers a WebSocket at another path with 404", async () => {
    const daemon = await start();
    const socket = new WebSocket(`${daemon.url}/elsewhere`);
    const [error] = (await once(socket, "error")) as [Error];
    expect(error.message).to.include("404");
  });

  it("survives a request for a path that is not a path", async () => {
    const daemon = await start();
    const { port } = new URL(daemon.url);
    const upgrade = request({
      port,
      path: "//",
      headers: { connection: "upgrade", upgrade: "websocket", "sec-websocket-version": "13" },
    });
    upgrade.end();
    await once(upgrade, "response").then(([response]) => (response as NodeJS.ReadableStream).resume());
    expect(await get(daemon, "/healthz")).to.include({ status: 200 });
  });

  it("answers a browser with what it is", async () => {
    const daemon = await start();
    expect((await get(daemon, "/")).body).to.include("WebSocket");
  });

  it("logs the migrations that it ran on a database of an older telltale, and none for a new one", async () => {
    const { logger, lines } = collectLog();
    const daemon = await start({ logger });
    await daemon.stop();
    const db = daemon.options.db;
    const writer = await (await engineAt(db, 1000)).openWriter();
    await writer.undoLastMigration();
    await writer.destroy();
    await start({ db, logger });
    const upgraded = lines.filter(({ msg }) => msg === "database upgraded");
    expect(upgraded.map(({ migrations }) => migrations)).to.deep.equal([["AddDeletedSessions1795737600000"]]);
  });

  it("names its version in the first line of the log", async () => {
    const { logger, lines } = collectLog();
    await start({ logger, version: "7.8.9" });
    expect(lines[0]).to.include({ msg: "telltale started", version: "7.8.9" });
  });
});
