import { mkdir, readFile, rm } from "node:fs/promises";
import { expect } from "chai";
import { openFileOutbox } from "../../src/client-node/index.js";
import { findFreePort } from "../../harness/free-port.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { readTrials } from "../support/database/read-trials.js";
import { Clients, codeOf, listen, upTo } from "../support/client/clients.js";
import { until } from "../support/checks/until.js";

describe("the delivery of messages, its outbox and its listeners", () => {
  const clients = new Clients();

  it("keeps waiting messages in the outbox when it is closed, and rejects their promises", async () => {
    const port = await findFreePort();
    const first = await startDaemon({ db: clients.db, port });
    const client = await clients.open(first.url);
    const session = await client.setup({});
    await first.stop();
    const told = session.tell({ config: { x: 1 }, outcome: 1 });
    const flushed = session.flush();
    await client.close();
    for (const waited of [told, flushed, session.flush()]) expect(await codeOf(waited)).to.equal("closed");
    expect(await codeOf(session.tell({ outcome: 1 }))).to.equal("closed");
    const again = await clients.open(`ws://127.0.0.1:${port}`);
    expect(again.pending).to.equal(1);
    await startDaemon({ db: clients.db, port });
    const resumed = await again.resume(session.id);
    await resumed.tell({ config: { x: 2 }, outcome: 1 });
    expect(await readTrials(clients.db, session.id)).to.deep.equal([1, 2]);
  });

  it("rejects the resume of an unknown session", async () => {
    const daemon = await startDaemon({ db: clients.db });
    const client = await clients.open(daemon.url);
    expect(await codeOf(client.resume("11111111-1111-4111-8111-111111111111"))).to.equal("unknown_session");
    await client.setup({});
  });

  it("accepts messages of an existing session after another setup of it was refused", async () => {
    const daemon = await startDaemon({ db: clients.db });
    const first = await clients.open(daemon.url);
    const { id } = await first.setup({ participant_id: "P1" });
    const second = await clients.open(daemon.url, { outbox: "memory" });
    expect(await codeOf(second.setup({ participant_id: "P2" }, { session: id }))).to.equal("conflict");
    const session = await second.resume(id.toUpperCase());
    await session.tell({ config: { x: 1 }, outcome: 1 });
    expect(await readTrials(clients.db, id)).to.deep.equal([1]);
  });

  it("can be closed by a listener, and twice at once", async () => {
    const daemon = await startDaemon({ db: clients.db });
    const client = await clients.open(daemon.url);
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
    const outbox = await openFileOutbox(clients.outboxFile);
    expect((await outbox.read()).waiting).to.have.length(599);
    await outbox.close();
  });

  it("survives a listener that fails, at once or later", async () => {
    const daemon = await startDaemon({ db: clients.db });
    const client = await clients.open(daemon.url);
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

  it("delivers messages that the outbox could not keep, and reports it once", async () => {
    const daemon = await startDaemon({ db: clients.db });
    // What the outbox would write itself anew into.
    await mkdir(`${clients.outboxFile}.new`);
    const client = await clients.open(daemon.url);
    const failed = listen(client, "outbox-failed");
    const session = await client.setup({});
    await session.tell({ config: { x: 1 }, outcome: 1 });
    expect(failed).to.have.length(1);
    await rm(`${clients.outboxFile}.new`, { recursive: true });
    await daemon.stop();
    void session.tell({ config: { x: 2 }, outcome: 1 });
    await client.close();
    const outbox = await openFileOutbox(clients.outboxFile);
    expect((await outbox.read()).waiting).to.have.length(1);
    await outbox.close();
  });

  it("tries again to keep messages while the daemon is away", async () => {
    const daemon = await startDaemon({ db: clients.db });
    await mkdir(`${clients.outboxFile}.new`);
    const client = await clients.open(daemon.url);
    const failed = listen(client, "outbox-failed");
    const lost = listen(client, "disconnected");
    const session = await client.setup({});
    await daemon.stop();
    void session.tell({ config: { x: 1 }, outcome: 1 });
    // By then it has been tried for the tell itself.
    await until(() => lost.length >= 2);
    await rm(`${clients.outboxFile}.new`, { recursive: true });
    await until(async () => (await readFile(clients.outboxFile, "utf8").catch(() => "")).includes('"tell"'));
    expect(failed).to.have.length(1);
  });

  it("reports on closing that waiting messages could not be kept", async () => {
    const daemon = await startDaemon({ db: clients.db });
    await mkdir(`${clients.outboxFile}.new`);
    const client = await clients.open(daemon.url);
    const failed = listen(client, "outbox-failed");
    const session = await client.setup({});
    await daemon.stop();
    void session.tell({ config: { x: 1 }, outcome: 1 });
    await client.close();
    expect(failed).to.have.length(2);
  });
});
