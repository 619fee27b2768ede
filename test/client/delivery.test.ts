import { expect } from "chai";
import { openFileOutbox } from "../../src/client-node/index.js";
import { findFreePort } from "../../harness/free-port.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { Proxy } from "../../harness/proxy.js";
import { readTrials } from "../support/database/read-trials.js";
import { lockWriters, readRows } from "../../harness/rows.js";
import { Clients, codeOf, listen, upTo } from "../support/client/clients.js";
import { until } from "../support/checks/until.js";

describe("the delivery of messages", () => {
  const clients = new Clients();

  it("continues after refused messages, and keeps these until they are dismissed", async () => {
    const daemon = await startDaemon({ db: clients.db });
    const client = await clients.open(daemon.url);
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
    expect((await readTrials(clients.db, session.id)).filter((x) => x > 0)).to.deep.equal([1, 2]);
    await client.close();

    const again = await clients.open(daemon.url);
    const kept = await again.rejected();
    expect(kept.map(({ code }) => code)).to.have.members(codes);
    again.dismiss(kept.map(({ id }) => id));
    await again.close();
    expect(await (await clients.open(daemon.url)).rejected()).to.deep.equal([]);
  });

  it("refuses the waiting messages of a session whose setup is refused, and continues other sessions", async () => {
    const outbox = await openFileOutbox(clients.outboxFile);
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
    const daemon = await startDaemon({ db: clients.db });
    const client = await clients.open(daemon.url);
    const session = await client.setup({});
    await session.tell({ config: { x: 3 }, outcome: 1 });
    const rejected = await client.rejected();
    expect(rejected.map(({ id, code }) => [id, code])).to.deep.equal([
      ["a", "bad_setup"],
      ["b", "setup_refused"],
      ["c", "setup_refused"],
    ]);
    expect(await codeOf(client.setup({ config_str: "no section" }))).to.equal("bad_setup");
    expect(await readTrials(clients.db, session.id)).to.deep.equal([3]);
    expect(await readRows(clients.db, "select count(*) as count from master")).to.deep.equal([{ count: 1 }]);
  });

  it("resends a message that the daemon could not write", async () => {
    const daemon = await startDaemon({ db: clients.db, busyTimeoutMs: 50 });
    const client = await clients.open(daemon.url);
    const session = await client.setup({});
    const lost = listen(client, "disconnected");
    const unlock = await lockWriters(clients.db);
    for (const x of upTo(50)) void session.tell({ config: { x }, outcome: 1 });
    await until(() => lost.length >= 2);
    expect(lost[0]?.reason).to.match(/database/);
    await unlock();
    await session.flush();
    expect(await readTrials(clients.db, session.id)).to.deep.equal(upTo(50));
  });

  it("refuses the one message that is too large, and delivers the others", async () => {
    const daemon = await startDaemon({ db: clients.db, maximumMessageBytes: 20_000 });
    const client = await clients.open(daemon.url);
    const rejected = listen(client, "rejected");
    const session = await client.setup({});
    for (const x of upTo(30)) {
      const note = x % 10 === 5 ? "x".repeat(30_000) : "";
      void session.tell({ config: { x }, outcome: 1, note });
    }
    await session.flush();
    expect(rejected.map(({ code }) => code)).to.deep.equal(["too_large", "too_large", "too_large"]);
    expect(await readTrials(clients.db, session.id)).to.deep.equal(upTo(30).filter((x) => x % 10 !== 5));
  });

  it("delivers everything once and in order over connections that are cut anywhere", async () => {
    const daemon = await startDaemon({ db: clients.db });
    const proxy = await Proxy.start(daemon.url);
    let chunks = 0;
    proxy.judge = () => {
      chunks += 1;
      if (chunks > 16) return "pass";
      return chunks % 6 === 0 ? "cut" : chunks % 7 === 0 ? "cut the answer" : "pass";
    };
    const client = await clients.open(proxy.url);
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
    expect(await readTrials(clients.db, session.id)).to.deep.equal(upTo(400));
  });

  it("drops a connection over which no reply arrives", async () => {
    const daemon = await startDaemon({ db: clients.db });
    const proxy = await Proxy.start(daemon.url);
    const client = await clients.open(proxy.url, {
      outboxFile: clients.outboxFile,
      acknowledgeWithinMs: 200,
    });
    const lost = listen(client, "disconnected");
    const session = await client.setup({});
    proxy.judge = () => "swallow";
    void session.tell({ config: { x: 1 }, outcome: 1 });
    await until(() => lost.length >= 2);
    expect(lost[0]?.reason).to.equal("the daemon did not answer");
    proxy.judge = () => "pass";
    await session.flush();
    expect(await readTrials(clients.db, session.id)).to.deep.equal([1]);
  });

  it("accepts ten thousand messages while the daemon is away, and delivers them in order", async () => {
    const port = await findFreePort();
    const first = await startDaemon({ db: clients.db, port });
    const client = await clients.open(first.url);
    const session = await client.setup({});
    await first.stop();
    for (const x of upTo(10_000)) void session.tell({ config: { x }, outcome: 1 });
    expect(session.pending).to.equal(10_000);
    await startDaemon({ db: clients.db, port });
    await session.flush();
    expect(await readTrials(clients.db, session.id)).to.deep.equal(upTo(10_000));
  });
});
