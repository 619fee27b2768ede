import { once } from "node:events";
import { copyFile, mkdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { WebSocketServer } from "ws";
import {
  type Client,
  type ClientEvents,
  ClientError,
  connect,
  openFileOutbox,
} from "../../src/client-node/index.js";
import { findFreePort } from "../../harness/free-port.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { Proxy } from "../../harness/proxy.js";
import { readTrials } from "../support/database/read-trials.js";
import { lockWriters, readRows } from "../../harness/rows.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { until } from "../support/checks/until.js";

const upTo = (count: number, from = 1) => Array.from({ length: count }, (_, index) => from + index);

/** What a client told by one event. */
function listen<Name extends keyof ClientEvents>(client: Client, name: Name): ClientEvents[Name][] {
  const events: ClientEvents[Name][] = [];
  client.on(name, (event) => events.push(event));
  return events;
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "none",
    (error: unknown) => (error instanceof ClientError ? error.code : error),
  );

describe("the delivery of messages", () => {
  let folder: string;
  let db: string;
  let outboxFile: string;
  const clients: Client[] = [];

  beforeEach(async () => {
    folder = await temporaryFolder();
    db = join(folder, "test.db");
    outboxFile = join(folder, "outbox");
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close();
  });

  async function openUnheard(
    url: string,
    options: Parameters<typeof connect>[1] = { outboxFile },
  ): Promise<Client> {
    const client = await connect(url, options);
    clients.push(client);
    return client;
  }

  async function open(...parameters: Parameters<typeof openUnheard>): Promise<Client> {
    const client = await openUnheard(...parameters);
    // So that they do not go to the console.
    for (const name of ["disconnected", "rejected", "outbox-failed"] as const)
      client.on(name, () => undefined);
    return client;
  }

  it("goes on behind messages that are refused, and keeps these until they are dismissed", async () => {
    const daemon = await startDaemon({ db });
    const client = await open(daemon.url);
    const rejected = listen(client, "rejected");
    const session = await client.setup({});
    void session.tell({ config: { x: 1 }, outcome: 1 });
    void session.tell({ config: { x: [] }, outcome: 1 });
    void session.send("No Type");
    void session.tell({ config: { x: 2 }, outcome: 1, draw: () => 1 });
    void session.tell({ config: { x: 2 }, outcome: 1 });
    await session.flush();
    const codes = ["unencodable", "underivable", "invalid"];
    expect(rejected.map(({ code }) => code)).to.have.members(codes);
    expect(rejected.map(({ stored }) => stored)).to.have.members([false, true, false]);
    expect(rejected.find(({ code }) => code === "unencodable")?.frame).to.contain('"draw":"() => 1"');
    expect((await readTrials(db, session.id)).filter((x) => x > 0)).to.deep.equal([1, 2]);
    await client.close();

    const again = await open(daemon.url);
    const kept = await again.rejected();
    expect(kept.map(({ code }) => code)).to.have.members(codes);
    again.dismiss(kept.map(({ id }) => id));
    await again.close();
    expect(await (await open(daemon.url)).rejected()).to.deep.equal([]);
  });

  it("refuses what waits for a session whose setup is refused, and goes on with other sessions", async () => {
    const outbox = await openFileOutbox(outboxFile);
    const refused = "11111111-1111-4111-8111-111111111111";
    const frame = (type: string, id: string, session: string, message: object) => ({
      id,
      session,
      type,
      frame: JSON.stringify({ type, id, session, message }),
    });
    await outbox.write({
      added: [
        frame("setup", "a", refused, { config_str: "no section" }),
        frame("tell", "b", refused, { config: { x: 1 }, outcome: 1 }),
        frame("tell", "c", refused, { config: { x: 2 }, outcome: 1 }),
      ],
      removed: [],
      rejected: [],
      dismissed: [],
    });
    await outbox.close();
    const daemon = await startDaemon({ db });
    const client = await open(daemon.url);
    const session = await client.setup({});
    await session.tell({ config: { x: 3 }, outcome: 1 });
    const rejected = await client.rejected();
    expect(rejected.map(({ id, code }) => [id, code])).to.deep.equal([
      ["a", "bad_setup"],
      ["b", "setup_refused"],
      ["c", "setup_refused"],
    ]);
    expect(await codeOf(client.setup({ config_str: "no section" }))).to.equal("bad_setup");
    expect(await readTrials(db, session.id)).to.deep.equal([3]);
    expect(await readRows(db, "select count(*) as count from master")).to.deep.equal([{ count: 1 }]);
  });

  it("sends again what could not be written", async () => {
    const daemon = await startDaemon({ db, busyTimeoutMs: 50 });
    const client = await open(daemon.url);
    const session = await client.setup({});
    const lost = listen(client, "disconnected");
    const unlock = await lockWriters(db);
    for (const x of upTo(50)) void session.tell({ config: { x }, outcome: 1 });
    await until(() => lost.length >= 2);
    expect(lost[0]?.reason).to.match(/database/);
    await unlock();
    await session.flush();
    expect(await readTrials(db, session.id)).to.deep.equal(upTo(50));
  });

  it("refuses the one message that is too large, and delivers those around it", async () => {
    const daemon = await startDaemon({ db, maximumMessageBytes: 20_000 });
    const client = await open(daemon.url);
    const rejected = listen(client, "rejected");
    const session = await client.setup({});
    for (const x of upTo(30)) {
      const note = x % 10 === 5 ? "x".repeat(30_000) : "";
      void session.tell({ config: { x }, outcome: 1, note });
    }
    await session.flush();
    expect(rejected.map(({ code }) => code)).to.deep.equal(["too_large", "too_large", "too_large"]);
    expect(await readTrials(db, session.id)).to.deep.equal(upTo(30).filter((x) => x % 10 !== 5));
  });

  it("delivers everything once and in order over connections that are cut anywhere", async () => {
    const daemon = await startDaemon({ db });
    const proxy = await Proxy.start(daemon.url);
    let chunks = 0;
    proxy.judge = () => {
      chunks += 1;
      if (chunks > 16) return "pass";
      return chunks % 6 === 0 ? "cut" : chunks % 7 === 0 ? "cut the answer" : "pass";
    };
    const client = await open(proxy.url);
    const lost = listen(client, "disconnected");
    const losses = listen(client, "data-loss");
    const session = await client.setup({});
    for (const x of upTo(400)) {
      void session.tell({ config: { x }, outcome: 1 });
      if (x % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await session.flush();
    expect(lost).to.have.length.above(2);
    expect(losses).to.deep.equal([]);
    expect(await readTrials(db, session.id)).to.deep.equal(upTo(400));
  }).timeout(60_000);

  it("leaves a connection over which no answer comes", async () => {
    const daemon = await startDaemon({ db });
    const proxy = await Proxy.start(daemon.url);
    const client = await open(proxy.url, { outboxFile, acknowledgeWithinMs: 200 });
    const lost = listen(client, "disconnected");
    const session = await client.setup({});
    proxy.judge = () => "swallow";
    void session.tell({ config: { x: 1 }, outcome: 1 });
    await until(() => lost.length >= 2);
    expect(lost[0]?.reason).to.equal("the daemon did not answer");
    proxy.judge = () => "pass";
    await session.flush();
    expect(await readTrials(db, session.id)).to.deep.equal([1]);
  });

  for (const [what, isThere] of [
    ["an older state of its database", true],
    ["an empty database", false],
  ] as const) {
    it(`says so where the daemon comes back with ${what}, and sends again what it still has`, async () => {
      const port = await findFreePort();
      let daemon = await startDaemon({ db, port });
      const client = await open(daemon.url);
      const losses = listen(client, "data-loss");
      const session = await client.setup({});
      for (const x of upTo(5)) await session.tell({ config: { x }, outcome: 1 });
      await daemon.stop();
      await copyFile(db, join(folder, "older.db"));
      daemon = await startDaemon({ db, port });
      for (const x of upTo(5, 6)) await session.tell({ config: { x }, outcome: 1 });
      await daemon.stop();
      await rm(db);
      if (isThere) await copyFile(join(folder, "older.db"), db);
      for (const x of upTo(5, 11)) void session.tell({ config: { x }, outcome: 1 });
      await startDaemon({ db, port });
      await session.flush();
      expect(losses).to.have.length(1);
      expect(losses[0]).to.deep.include({
        session: session.id,
        acknowledgedSeq: 12,
        lastSeq: isThere ? 6 : 0,
      });
      expect(await readTrials(db, session.id)).to.deep.equal(upTo(15));
      expect(await client.rejected()).to.deep.equal([]);
    });
  }

  it("takes ten thousand messages while no daemon is there, and brings them in order", async () => {
    const port = await findFreePort();
    const first = await startDaemon({ db, port });
    const client = await open(first.url);
    const session = await client.setup({});
    await first.stop();
    for (const x of upTo(10_000)) void session.tell({ config: { x }, outcome: 1 });
    expect(session.pending).to.equal(10_000);
    await startDaemon({ db, port });
    await session.flush();
    expect(await readTrials(db, session.id)).to.deep.equal(upTo(10_000));
  }).timeout(60_000);

  it("has what waits in the outbox when it is closed, and ends the waiting for it", async () => {
    const port = await findFreePort();
    const first = await startDaemon({ db, port });
    const client = await open(first.url);
    const session = await client.setup({});
    await first.stop();
    const told = session.tell({ config: { x: 1 }, outcome: 1 });
    const flushed = session.flush();
    await client.close();
    for (const waited of [told, flushed, session.flush()]) expect(await codeOf(waited)).to.equal("closed");
    expect(await codeOf(session.tell({ outcome: 1 }))).to.equal("closed");
    const again = await open(`ws://127.0.0.1:${port}`);
    expect(again.pending).to.equal(1);
    await startDaemon({ db, port });
    const resumed = await again.resume(session.id);
    await resumed.tell({ config: { x: 2 }, outcome: 1 });
    expect(await readTrials(db, session.id)).to.deep.equal([1, 2]);
  });

  it("goes back to no session that there is not", async () => {
    const daemon = await startDaemon({ db });
    const client = await open(daemon.url);
    expect(await codeOf(client.resume("11111111-1111-4111-8111-111111111111"))).to.equal("unknown_session");
    await client.setup({});
  });

  it("takes messages for a session that is there, after another setup of it was refused", async () => {
    const daemon = await startDaemon({ db });
    const first = await open(daemon.url);
    const { id } = await first.setup({ participant_id: "P1" });
    const second = await open(daemon.url, { outbox: "memory" });
    expect(await codeOf(second.setup({ participant_id: "P2" }, { session: id }))).to.equal("conflict");
    const session = await second.resume(id.toUpperCase());
    await session.tell({ config: { x: 1 }, outcome: 1 });
    expect(await readTrials(db, id)).to.deep.equal([1]);
  });

  it("can be closed by a listener, and twice at once", async () => {
    const daemon = await startDaemon({ db });
    const client = await open(daemon.url);
    const session = await client.setup({});
    const events: string[] = [];
    for (const name of ["connected", "disconnected"] as const) client.on(name, () => events.push(name));
    const closings: Promise<void>[] = [];
    client.on("acknowledged", () => closings.push(client.close(), client.close()));
    const told = upTo(600).map((x) => session.tell({ config: { x }, outcome: 1 }));
    await told[0];
    await Promise.all(closings);
    expect(await codeOf(Promise.all(told))).to.equal("closed");
    expect(events).to.deep.equal([]);
    const outbox = await openFileOutbox(outboxFile);
    expect((await outbox.read()).waiting).to.have.length(599);
    await outbox.close();
  });

  it("is not ended by a listener that fails, at once or later", async () => {
    const daemon = await startDaemon({ db });
    const client = await open(daemon.url);
    const { error } = console;
    const errors: unknown[] = [];
    console.error = (one: unknown) => errors.push(one);
    try {
      client.on("acknowledged", () => {
        throw new Error("at once");
      });
      const failLater: unknown = () => Promise.reject(new Error("later"));
      client.on("acknowledged", failLater as () => void);
      await client.setup({});
      await until(() => errors.length === 2);
    } finally {
      console.error = error;
    }
    expect(errors.map(String)).to.have.members(["Error: at once", "Error: later"]);
  });

  it("delivers what the outbox could not keep, and says so once", async () => {
    const daemon = await startDaemon({ db });
    // What the outbox would write itself anew into.
    await mkdir(`${outboxFile}.new`);
    const client = await open(daemon.url);
    const failed = listen(client, "outbox-failed");
    const session = await client.setup({});
    await session.tell({ config: { x: 1 }, outcome: 1 });
    expect(failed).to.have.length(1);
    await rm(`${outboxFile}.new`, { recursive: true });
    await daemon.stop();
    void session.tell({ config: { x: 2 }, outcome: 1 });
    await client.close();
    const outbox = await openFileOutbox(outboxFile);
    expect((await outbox.read()).waiting).to.have.length(1);
    await outbox.close();
  });

  it("tries again to keep what the outbox could not, while no daemon is there", async () => {
    const daemon = await startDaemon({ db });
    await mkdir(`${outboxFile}.new`);
    const client = await open(daemon.url);
    const failed = listen(client, "outbox-failed");
    const lost = listen(client, "disconnected");
    const session = await client.setup({});
    await daemon.stop();
    void session.tell({ config: { x: 1 }, outcome: 1 });
    // By then it has been tried for the tell itself.
    await until(() => lost.length >= 2);
    await rm(`${outboxFile}.new`, { recursive: true });
    await until(async () => (await readFile(outboxFile, "utf8").catch(() => "")).includes('"tell"'));
    expect(failed).to.have.length(1);
  });

  it("says when it is closed that what waits could not be kept", async () => {
    const daemon = await startDaemon({ db });
    await mkdir(`${outboxFile}.new`);
    const client = await open(daemon.url);
    const failed = listen(client, "outbox-failed");
    const session = await client.setup({});
    await daemon.stop();
    void session.tell({ config: { x: 1 }, outcome: 1 });
    await client.close();
    expect(failed).to.have.length(2);
  });

  describe("of which nobody wants to hear", () => {
    const { warn } = console;
    let warnings: string[];

    beforeEach(() => {
      warnings = [];
      console.warn = (one: string) => warnings.push(one);
    });

    afterEach(() => {
      console.warn = warn;
    });

    it("says once on the console that there is no connection, and what a refusal says", async () => {
      const body = '{"code":"unauthorized","message":"This token is not known."}';
      const server = createServer();
      let refused = 0;
      server.on("upgrade", (_request, socket) => {
        refused += 1;
        socket.on("error", () => undefined);
        socket.end(`HTTP/1.1 401 Unauthorized\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const client = await openUnheard(`ws://127.0.0.1:${port}`, { outbox: "memory", token: "wrong" });
      void client.setup({});
      await until(() => refused > 1);
      await client.close();
      server.close();
      await once(server, "close");
      expect(warnings).to.have.length(1);
      expect(warnings[0]).to.match(/^No connection to telltale \(This token is not known. \[HTTP 401\]\)/);
    });

    it("says on the console that a message was refused", async () => {
      const client = await openUnheard((await startDaemon({ db })).url);
      const session = await client.setup({});
      for (let count = 0; count < 3; count += 1) void session.tell({ config: { x: [] }, outcome: 1 });
      await session.flush();
      expect(warnings).to.have.length(1);
      expect(warnings[0]).to.match(
        /refused a message for good \(underivable\): A parameter is an empty list/,
      );
    });

    it("knows no event by another name", async () => {
      const client = await openUnheard((await startDaemon({ db })).url);
      expect(() => client.on("reject" as "rejected", () => undefined)).to.throw(ClientError, "no event");
    });
  });

  it("takes nothing for an acknowledgement that telltale did not say", async () => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await once(server, "listening");
    server.on("connection", (socket) => {
      socket.on("message", (frame, isBinary) => {
        socket.send(frame as Buffer, { binary: isBinary });
      });
    });
    const client = await open(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const lost = listen(client, "disconnected");
    void client.setup({});
    await until(() => lost.length > 0);
    expect(lost[0]?.reason).to.equal("what answers there is no telltale");
    expect(client.pending).to.equal(1);
    await client.close();
    server.close();
    await once(server, "close");
  });

  it("takes no acknowledgement for that of another message", async () => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await once(server, "listening");
    let connections = 0;
    server.on("connection", (socket) => {
      connections += 1;
      const mixesUp = connections === 1;
      let seq = 0;
      socket.on("message", (data: Buffer) => {
        const request = JSON.parse(data.toString()) as { type: string; id: string };
        const id = mixesUp && request.type === "tell" ? "another" : request.id;
        seq += 1;
        socket.send(JSON.stringify({ type: request.type, ok: true, id, seq, last_seq: seq }));
      });
    });
    const client = await open(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const acknowledged = listen(client, "acknowledged");
    const session = await client.setup({});
    await session.tell({ config: { x: 1 }, outcome: 1 });
    expect(connections).to.equal(2);
    expect(acknowledged.map(({ id }) => id)).not.to.include("another");
    await client.close();
    server.close();
    await once(server, "close");
  });

  it("wants to be told what it needs", async () => {
    expect(await codeOf(connect("http://127.0.0.1", { outbox: "memory" }))).to.equal("bad_option");
    expect(await codeOf(connect("ws://127.0.0.1", { outbox: "memory", token: "a b" }))).to.equal(
      "bad_option",
    );
    expect(await codeOf(connect("ws://127.0.0.1"))).to.equal("bad_option");
  });
});
