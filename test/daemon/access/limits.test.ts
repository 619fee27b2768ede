import { once } from "node:events";
import { expect } from "chai";
import { Client } from "../../../harness/client.js";
import { startDaemon } from "../../support/daemon/daemon.js";
import { shakeHands } from "../../support/client/handshake.js";
import { lockWriters, readRows } from "../../../harness/rows.js";
import { until } from "../../support/checks/until.js";
import { connectWith } from "../../support/client/plain.js";

const setup = { type: "setup", message: { config_str: "[common]\n" } };
const tell = { type: "tell", message: { config: { x: [1] }, outcome: 1 } };

describe("The limits of a connection", () => {
  it("stop reading at the limit of messages in flight, and let all be answered in order", async () => {
    const daemon = await startDaemon({
      maximumMessagesInFlight: 10,
      maximumBytesInFlight: 1e9,
      // A client whose pongs cannot leave bears 60 pings: time enough for a busy machine to write all.
      pingEveryMs: 150,
      busyTimeoutMs: 20_000,
    });
    const client = await Client.connect(daemon.url);
    await client.request(setup);
    const unlock = await lockWriters(daemon.options.db);
    const filler = "x".repeat(40_000);
    for (let trial = 0; trial < 500; trial += 1)
      client.send({ type: "note", id: `n${trial}`, message: filler });
    // Many times the two pings after which a silent client would be dropped.
    const pings = Date.now() + 1000;
    await until(() => Date.now() > pings);
    // Of 20 MB the system's buffers have taken some, and the daemon the rest if it read on.
    expect(client.socket.bufferedAmount).to.be.above(1e6);
    await unlock();
    for (let trial = 0; trial < 500; trial += 1)
      expect(await client.reply()).to.include({ ok: true, id: `n${trial}`, seq: trial + 2 });
  });

  it("count bytes too, and admit a message that is larger than the limit", async () => {
    const daemon = await startDaemon({ maximumBytesInFlight: 1024 });
    const client = await Client.connect(daemon.url);
    await client.request(setup);
    for (let count = 0; count < 5; count += 1) client.send({ type: "note", message: "x".repeat(1_000_000) });
    for (let count = 0; count < 5; count += 1) expect(await client.reply()).to.include({ ok: true });
  });

  it("slow down a connection with too many rejected messages, and no other, and lose nothing", async () => {
    const daemon = await startDaemon({ maximumRejectedPerMinute: 600, pingEveryMs: 100 });
    const [noisy, quiet] = [await Client.connect(daemon.url), await Client.connect(daemon.url)];
    await Promise.all([noisy.request(setup), quiet.request(setup)]);
    for (let count = 0; count < 610; count += 1) noisy.sendFrame("{");
    for (let count = 0; count < 610; count += 1)
      expect(await noisy.reply()).to.include({ ok: false, code: "malformed" });
    const from = performance.now();
    noisy.send({ ...tell, id: "late" });
    expect(await quiet.request(tell)).to.include({ ok: true });
    const quietMs = performance.now() - from;
    expect(await noisy.reply()).to.include({ ok: true, id: "late" });
    // Ten too many at 600 a minute are a second, less what the answers took.
    expect(performance.now() - from).to.be.above(quietMs);
    const rows = await readRows(daemon.options.db, "select count(*) as n from rejected_data");
    expect(rows).to.deep.equal([{ n: 610 }]);
  });

  for (const [limit, options, first, more] of [
    [
      "waits",
      { maximumMessagesInFlight: 2 },
      JSON.stringify({ ...setup, id: "again" }),
      JSON.stringify(tell),
    ],
    ["is rejected", { maximumRejectedPerMinute: 2 }, "{", "{"],
  ] as const) {
    it(`do not delay the close with 1013 when too much ${limit} and the database fails`, async () => {
      const daemon = await startDaemon({ ...options, busyTimeoutMs: 200 });
      const client = await Client.connect(daemon.url);
      await client.request(setup);
      const unlock = await lockWriters(daemon.options.db);
      for (const frame of [first, ...Array.from({ length: 20 }, () => more)]) client.sendFrame(frame);
      expect(await client.reply()).to.include({ ok: false, code: "unavailable" });
      // After 30 s the WebSocket would be dropped.
      expect(await client.closed()).to.equal(1013);
      await unlock();
    });
  }

  it("close with 1008 on a message in too many parts, and note it in rejected_data", async () => {
    const daemon = await startDaemon();
    const client = await Client.connect(daemon.url);
    await client.request(setup);
    for (let part = 0; part < 5000; part += 1) client.socket.send("x", { fin: false });
    expect(await client.closed()).to.equal(1008);
    await until(async () => {
      const [row] = await readRows(daemon.options.db, "select reason from rejected_data");
      return String(row?.["reason"]).includes("too many parts");
    });
    const replay = await connectWith(daemon, {}, [], "/replay?session=last");
    for (let part = 0; part < 5000; part += 1) replay.send("x", { fin: false });
    expect(await once(replay, "close")).to.have.property("0", 1008);
  });

  it("drop a client that floods with pings or pongs, and keep one that keeps itself alive with them", async () => {
    const daemon = await startDaemon();
    const client = await Client.connect(daemon.url);
    await client.request(setup);
    for (let count = 0; count < 100; count += 1) client.socket.pong();
    expect(await client.request(tell)).to.include({ ok: true });
    for (const path of ["/", "/replay?session=last"]) {
      for (const what of ["ping", "pong"] as const) {
        const socket = await connectWith(daemon, {}, [], path);
        const closed = once(socket, "close");
        for (let count = 0; count < 2000; count += 1) socket[what]();
        expect(await closed, `${what} at ${path}`).to.have.property("0", 1006);
      }
    }
    expect(await client.request(tell)).to.include({ ok: true });
  });

  it("exclude compression", async () => {
    const daemon = await startDaemon();
    const answer = await shakeHands(daemon, { "sec-websocket-extensions": "permessage-deflate" });
    expect(answer.headers).not.to.have.property("sec-websocket-extensions");
  });

  it("answer an invalid handshake in JSON", async () => {
    const daemon = await startDaemon();
    for (const headers of [
      { "sec-websocket-version": "7" },
      { "sec-websocket-version": "8" },
      { "sec-websocket-key": "short" },
      { upgrade: "h2c" },
      { "sec-websocket-protocol": "a,,b" },
    ] as Record<string, string>[]) {
      const { status, json } = await shakeHands(daemon, headers);
      expect(status).to.equal(400);
      expect(json.code).to.equal("bad_request");
    }
  });
});
