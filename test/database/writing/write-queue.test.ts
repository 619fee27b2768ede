import { expect } from "chai";
import { engineAt } from "../../../src/database/index.js";
import type { WriteQueue } from "../../../src/database/writing/index.js";
import { describeOnEngines } from "../../../harness/engines.js";
import { readRows } from "../../../harness/rows.js";
import { rejection } from "../../support/checks/rejection.js";
import { QueueFixture } from "../../support/database/queue-fixture.js";
import { storedOf } from "../../support/database/settlements.js";
import { Transactions } from "../../support/database/transactions.js";
import { setupWrite, tellWrite } from "../../support/database/writes.js";

describeOnEngines("WriteQueue", (tested) => {
  const fixture = new QueueFixture(() => tested.makeReadyLocation());
  let queue: WriteQueue;
  let transactions: Transactions;

  async function open(): Promise<void> {
    const engine = await engineAt(fixture.location, 50);
    transactions = new Transactions(engine);
    queue = await fixture.open({}, engine);
  }

  const seqs = async () =>
    (await readRows(fixture.location, "select seq from replay_data order by seq")).map((row) => row["seq"]);

  it("puts everything that waits into one transaction", async () => {
    await open();
    await queue.submit(setupWrite("s1"));
    const before = transactions.count;
    await Promise.all(
      Array.from({ length: 100 }, (_, trial) => queue.submit(tellWrite("s1", trial, `t${trial}`))),
    );
    expect(transactions.count - before).to.equal(1);
  });

  it("settles writes in their order", async () => {
    await open();
    const settled: number[] = [];
    await queue.submit(setupWrite("s1"));
    const tells = Array.from({ length: 1500 }, async (_, trial) => {
      settled.push(storedOf(await queue.submit(tellWrite("s1", trial))).seq);
    });
    await Promise.all(tells);
    expect(settled).to.deep.equal(Array.from({ length: 1500 }, (_, trial) => trial + 2));
  });

  it("settles a write after its commit", async () => {
    await open();
    await queue.submit(setupWrite("s1"));
    const { replayId, seq } = storedOf(await queue.submit(tellWrite("s1", 1, "a")));
    const rows = await readRows(
      fixture.location,
      "select seq, message_id from replay_data where unique_id = ?",
      [replayId],
    );
    expect(rows).to.deep.equal([{ seq, message_id: "a" }]);
  });

  it("never begins a write whose connection has failed", async () => {
    await open();
    await queue.submit(setupWrite("s1"));
    const connection = new AbortController();
    const submitted = queue.submit(tellWrite("s1", 1), connection.signal);
    const other = queue.submit(tellWrite("s1", 0));
    connection.abort();
    expect(await rejection(submitted)).to.have.property("code", "unavailable");
    expect(storedOf(await other).seq).to.equal(2);
  });

  it("reports when it is full, and when it has room again", async () => {
    const events: boolean[] = [];
    queue = await fixture.open({ onFull: (isFull) => events.push(isFull) }, undefined, 20_000);
    await queue.submit(setupWrite("s1"));
    const tells = Array.from({ length: 30 }, (_, trial) => queue.submit(tellWrite("s1", trial)));
    expect(events).to.deep.equal([true]);
    await Promise.all(tells);
    expect(events).to.deep.equal([true, false]);
    expect(queue.bytes).to.equal(0);
  });

  it("writes what waits before it closes", async () => {
    await open();
    await queue.submit(setupWrite("s1"));
    const tells = Array.from({ length: 50 }, (_, trial) => queue.submit(tellWrite("s1", trial)));
    await queue.close();
    await Promise.all(tells);
    expect(await seqs()).to.have.length(51);
  });

  it("rejects what waits as unavailable when it is abandoned", async () => {
    await open();
    await queue.submit(setupWrite("s1"));
    const tell = queue.submit(tellWrite("s1", 1));
    queue.abandon();
    expect(await rejection(tell)).to.have.property("code", "unavailable");
    expect(await seqs()).to.deep.equal([1]);
  });
});
