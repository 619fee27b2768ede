import { expect } from "chai";
import { type DatabaseError, engineAt } from "../../../src/database/index.js";
import type { WriteQueue, WriteQueueEvents } from "../../../src/database/writing/index.js";
import { describeOnEngines } from "../../../harness/engines.js";
import { lockWriters, readRows, refuseRows } from "../../../harness/rows.js";
import { rejection } from "../../support/checks/rejection.js";
import { QueueFixture } from "../../support/database/queue-fixture.js";
import { storedOf } from "../../support/database/settlements.js";
import { Transactions } from "../../support/database/transactions.js";
import { setupWrite, tellWrite } from "../../support/database/writes.js";

describeOnEngines("WriteQueue on failures", (tested) => {
  const fixture = new QueueFixture(() => tested.makeReadyLocation());
  let queue: WriteQueue;
  let transactions: Transactions;

  async function open(events: WriteQueueEvents = {}): Promise<void> {
    const engine = await engineAt(fixture.location, 50);
    transactions = new Transactions(engine);
    queue = await fixture.open(events, engine);
  }

  const seqs = async () =>
    (await readRows(fixture.location, "select seq from replay_data order by seq")).map((row) => row["seq"]);

  it("rejects a message that fails on its content alone, and stores its frame", async () => {
    const failures: unknown[] = [];
    await open({ onInternal: (error) => failures.push(error) });
    await queue.submit(setupWrite("s1"));
    await refuseRows(fixture.location, "outcome_data", "new.outcome_text = 'poison'");
    const outcomes = ["a", "poison", "b"].map((outcome) =>
      queue.submit(tellWrite("s1", outcome, `id-${outcome}`)),
    );
    const [a, poison, b] = await Promise.all(outcomes);
    expect(storedOf(a!).seq).to.equal(2);
    expect(storedOf(b!).seq).to.equal(3);
    expect(poison).to.include({ kind: "rejected", code: "internal" });
    expect(failures).to.have.length(1);
    const kept = await readRows(
      fixture.location,
      "select code, length(contents) > 0 as kept from rejected_data",
    );
    expect(kept).to.deep.equal([{ code: "internal", kept: 1 }]);
    expect(await seqs()).to.deep.equal([1, 2, 3]);
  });

  it("lets no message of a connection overtake a failed one while messages are written one by one", async () => {
    await open();
    await queue.submit(setupWrite("s1"));
    await refuseRows(fixture.location, "outcome_data", "new.outcome_text = 'poison'");
    let unlock: (() => Promise<void>) | undefined;
    const first = transactions.count;
    // Two tries of the batch, the poison alone, its rejection; the file is locked for the next transaction.
    transactions.before = async (transaction) => {
      if (transaction === first + 5) unlock = await lockWriters(fixture.location);
      else await unlock?.().then(() => (unlock = undefined));
    };
    const connection = new AbortController();
    const tell = async (outcome: string) => {
      try {
        return (await queue.submit(tellWrite("s1", outcome, outcome), connection.signal)).kind;
      } catch (error) {
        connection.abort();
        return (error as DatabaseError).code;
      }
    };
    const outcomes = await Promise.all([tell("poison"), tell("a"), tell("b")]);
    await unlock?.();
    expect(outcomes).to.deep.equal(["rejected", "unavailable", "unavailable"]);
    expect(await seqs()).to.deep.equal([1]);
  });

  it("rejects as unavailable while another process has the file locked, and writes again afterwards", async () => {
    await open();
    await queue.submit(setupWrite("s1"));
    const unlock = await lockWriters(fixture.location);
    expect(await rejection(queue.submit(tellWrite("s1", 1, "a")))).to.have.property("code", "unavailable");
    expect(await rejection(queue.submit(tellWrite("s1", 1, "a")))).to.have.property("code", "unavailable");
    await unlock();
    expect(storedOf(await queue.submit(tellWrite("s1", 1, "a")))).to.include({ seq: 2, isDuplicate: false });
  });
});
