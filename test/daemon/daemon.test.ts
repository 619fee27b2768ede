import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { expect } from "chai";
import { WebSocket } from "ws";
import { Daemon, type DaemonOptions, ListenError } from "../../src/index.js";
import { Client } from "../support/client/client.js";
import { collectLog, startDaemon } from "../support/daemon/daemon.js";
import { describeOnEngines } from "../../harness/engines.js";
import { rejection } from "../support/checks/rejection.js";
import { lockWriters, readRows } from "../../harness/rows.js";
import { until } from "../support/checks/until.js";

const setup = { type: "setup", message: { config_str: "[common]\n" } };
const tell = { type: "tell", message: { config: { x: [1] }, outcome: 1 } };

async function get(daemon: Daemon, path: string): Promise<{ status: number; body: string }> {
  const response = await fetch(`${daemon.url.replace("ws:", "http:")}${path}`, {
    headers: { connection: "close" },
  });
  return { status: response.status, body: await response.text() };
}

describeOnEngines("Daemon", (engine) => {
  const start = async (options: Partial<DaemonOptions> = {}) =>
    startDaemon({ db: await engine.makeReadyLocation(), ...options });

  it("says where it listens", async () => {
    const daemon = await start();
    expect(daemon.url).to.match(/^ws:\/\/127\.0\.0\.1:\d+$/);
  });

  it("refuses a port that is in use, with a sentence, and leaves the database closed", async () => {
    const daemon = await start();
    const db = await engine.makeReadyLocation();
    const error = await rejection(start({ port: Number(new URL(daemon.url).port), db }));
    expect(error).to.be.instanceOf(ListenError).with.property("code", "port_in_use");
    expect((error as Error).message).to.include("--port");
    expect(await readRows(db, "select count(*) as n from master")).to.deep.equal([{ n: 0 }]);
  });

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

  it("bears a request for a path that is no path", async () => {
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

  it("tells a browser what it is", async () => {
    const daemon = await start();
    expect((await get(daemon, "/")).body).to.include("WebSocket");
  });

  describe("when it stops", () => {
    it("writes and acknowledges what it has, closes with 1001, and leaves no log", async () => {
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

    it("accepts nobody new", async () => {
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

    it("gives up what cannot be written in time, unacknowledged", async () => {
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

    it("does not wait for a client that connected and said nothing", async () => {
      const daemon = await start();
      const stream = connect(Number(new URL(daemon.url).port), "127.0.0.1");
      await once(stream, "connect");
      expect(await daemon.stop()).to.equal(true);
      stream.destroy();
    });

    it("may be told so twice", async () => {
      const daemon = await start();
      expect(await Promise.all([daemon.stop(), daemon.stop()])).to.deep.equal([true, true]);
    });
  });

  describe("when the database cannot be written", () => {
    it("answers unavailable, last on the connection, closes with 1013, and goes on later", async () => {
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
        for (let trial = 0; trial < 200; trial += 1)
          client.send({ ...tell, session, id: `${round}-${trial}` });
        await new Promise((resolve) => setImmediate(resolve));
        await unlock();
        // Whether the lock was met or not: what was stored is a beginning of what was sent.
        await until(() => client.closeCode !== undefined || client.replies.length === 200);
        await first.request({ ...tell, session });
        const rows = await readRows(
          path,
          `select message_id from replay_data where message_id like '${round}-%' order by seq`,
        );
        expect(rows.map((row) => row["message_id"])).to.deep.equal(
          rows.map((_, trial) => `${round}-${trial}`),
        );
        const acknowledged = client.replies.filter(({ ok }) => ok).length;
        expect(acknowledged).to.equal(rows.length);
      }
    });
  });

  describe("when its queue is full", () => {
    it("pauses its clients, does not call them silent, and answers everything later", async () => {
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

  describe("with pings", () => {
    it("keeps a client that answers them and says nothing else", async () => {
      const daemon = await start({ pingEveryMs: 20 });
      const client = await Client.connect(daemon.url);
      let pings = 0;
      client.socket.on("ping", () => (pings += 1));
      await until(() => pings >= 6);
      expect(await client.request(setup)).to.include({ ok: true });
    });

    it("drops a client that is silent for two of them", async () => {
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

  describe("GET /healthz", () => {
    it("says that a message would be stored", async () => {
      const daemon = await start();
      const { status, body } = await get(daemon, "/healthz");
      expect(status).to.equal(200);
      const report = JSON.parse(body) as Record<string, unknown>;
      expect(report).to.include({ ok: true, database: daemon.database.name, queued_bytes: 0 });
      expect(report["engine"])
        .to.be.a("string")
        .that.matches(new RegExp(`^${engine.name} `));
      expect(report).not.to.have.any.keys("error", "warning");
    });

    it("says that a message would not be stored, and why", async () => {
      const daemon = await start({ busyTimeoutMs: 20 });
      const unlock = await lockWriters(daemon.options.db);
      const { status, body } = await get(daemon, "/healthz");
      await unlock();
      expect(status).to.equal(503);
      expect(JSON.parse(body))
        .to.include({ ok: false })
        .and.to.have.property("error")
        .that.includes("could not be written");
    });

    it("writes no row", async () => {
      const daemon = await start();
      await get(daemon, "/healthz");
      for (const table of ["master", "replay_data", "rejected_data"]) {
        expect(await readRows(daemon.options.db, `select * from ${table}`)).to.deep.equal([]);
      }
    });
  });
});

describe("GET /healthz of a daemon with a SQLite file", () => {
  it("tells how much room its disk has", async () => {
    const { body } = await get(await startDaemon(), "/healthz");
    expect(JSON.parse(body)).to.have.property("free_bytes").that.is.a("number").above(0);
  });

  it("warns of a disk that is nearly full, as the log does", async () => {
    const { logger, lines } = collectLog();
    const daemon = await startDaemon({ lowDiskBytes: Number.MAX_SAFE_INTEGER, logger });
    const { status, body } = await get(daemon, "/healthz");
    expect(status).to.equal(200);
    expect(JSON.parse(body)).to.have.property("warning").that.includes("MB are free");
    expect(lines.filter(({ msg }) => msg.includes("MB are free"))).to.have.length(1);
  });
});
