import { expect } from "chai";
import type { WriteQueue } from "../../../src/database/writing/index.js";
import { describeOnEngines } from "../../../harness/engines.js";
import { readRows } from "../../../harness/rows.js";
import { QueueFixture } from "../../support/database/queue-fixture.js";
import { storedOf } from "../../support/database/settlements.js";
import { setupWrite, tellWrite } from "../../support/database/writes.js";

describeOnEngines("WriteQueue with several connections", (tested) => {
  const fixture = new QueueFixture(() => tested.makeReadyLocation());
  let queue: WriteQueue;
  let batches: number[];

  beforeEach(async () => {
    batches = [];
    queue = await fixture.open({ onCommit: ({ writes }) => batches.push(writes.length) });
    for (const session of ["s1", "s2"]) await queue.submit(setupWrite(session));
    batches.length = 0;
  });

  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

  it("commits a single write in the first batch, however many another connection has waiting", async () => {
    const [greedy, quiet] = [new AbortController().signal, new AbortController().signal];
    const many = upTo(2000).map((trial) => queue.submit(tellWrite("s1", trial), greedy));
    await queue.submit(tellWrite("s2", 1), quiet);
    expect(batches).to.have.length(1);
    await Promise.all(many);
  });

  it("runs work while a connection has much waiting", async () => {
    const greedy = new AbortController().signal;
    const many = upTo(2000).map((trial) => queue.submit(tellWrite("s1", trial), greedy));
    await queue.run(() => Promise.resolve());
    expect(batches.length).to.be.lessThan(3);
    await Promise.all(many);
  });

  it("keeps the order of a session that two connections write to", async () => {
    const signals = [new AbortController().signal, new AbortController().signal];
    const seqs = await Promise.all(
      upTo(1200).map(async (trial) =>
        storedOf(await queue.submit(tellWrite("s1", trial), signals[trial % 7 === 0 ? 1 : 0])),
      ),
    );
    expect(seqs.map(({ seq }) => seq)).to.deep.equal(upTo(1200).map((trial) => trial + 2));
  });

  it("keeps the order of a connection that writes to two sessions", async () => {
    const { signal } = new AbortController();
    const stored = await Promise.all(
      upTo(1200).map(async (trial) =>
        storedOf(await queue.submit(tellWrite(trial % 3 === 0 ? "s1" : "s2", trial), signal)),
      ),
    );
    const ids = stored.map(({ replayId }) => replayId);
    expect(ids).to.deep.equal(ids.toSorted((a, b) => a - b));
  });

  it("stores what was sent again five hundred times once, in two batches at most", async () => {
    const stored = await Promise.all(upTo(500).map(() => queue.submit(tellWrite("s1", 1, "a"))));
    expect(stored.map((one) => storedOf(one).isDuplicate)).to.deep.equal(upTo(500).map((index) => index > 0));
    expect(new Set(stored.map((one) => storedOf(one).seq))).to.have.property("size", 1);
    expect(batches).to.deep.equal([500]);
  });

  it("rejects each of the same messages with an id of other content, and keeps each", async () => {
    await queue.submit(tellWrite("s1", 1, "a"));
    const settlements = await Promise.all(upTo(50).map(() => queue.submit(tellWrite("s1", 2, "a"))));
    for (const settlement of settlements)
      expect(settlement).to.include({ kind: "rejected", code: "conflict" });
    expect(await readRows(fixture.location, "select code from rejected_data")).to.have.length(50);
  });

  it("takes up what a failed connection sent when another sends the same", async () => {
    const [failed, other] = [new AbortController(), new AbortController()];
    const first = queue.submit(tellWrite("s1", 1, "a"), failed.signal).catch(() => "unavailable");
    const second = queue.submit(tellWrite("s1", 1, "a"), other.signal);
    failed.abort();
    expect(await first).to.equal("unavailable");
    expect(storedOf(await second)).to.include({ isDuplicate: false, seq: 2 });
  });
});
