import { expect } from "chai";
import fc from "fast-check";
import { DatabaseError } from "../../../src/database/database-error.js";
import type { Settlement } from "../../../src/database/writing/settlement.js";
import { engineAt } from "../../../src/database/engines/engine-at.js";
import type { Engine } from "../../../src/database/engines/engine.js";
import { WriteQueue, type WriteQueueEvents } from "../../../src/database/writing/write-queue.js";
import type { StoredMessage } from "../../../src/derivation/index.js";
import { describeOnEngines } from "../../../harness/engines.js";
import { allowDifference } from "../../support/checks/rebuild.js";
import { rejection } from "../../support/checks/rejection.js";
import { type Row, lockWriters, readRows, refuseRows } from "../../../harness/rows.js";
import { setupWrite, tellWrite } from "../../support/database/writes.js";

/** Counts the transactions of an engine's writers; something can be done before each. */
class Transactions {
  count = 0;
  before: (transaction: number) => Promise<void> = () => Promise.resolve();

  constructor(engine: Engine) {
    const openWriter = engine.openWriter.bind(engine);
    engine.openWriter = async () => {
      const writer = await openWriter();
      const { manager } = writer;
      const transaction = manager.transaction.bind(manager) as (...all: unknown[]) => Promise<unknown>;
      manager.transaction = async (...all: unknown[]) => {
        this.count += 1;
        await this.before(this.count);
        return transaction(...all);
      };
      return writer;
    };
  }
}

describeOnEngines("WriteQueue", (tested) => {
  let path: string;
  let transactions: Transactions;
  let queue: WriteQueue;

  async function open(events: WriteQueueEvents = {}, maximumBytes = 1024 * 1024): Promise<void> {
    const engine = engineAt(path, 50);
    transactions = new Transactions(engine);
    queue = new WriteQueue(engine, await engine.openWriter(), maximumBytes, events);
  }

  beforeEach(async () => {
    path = await tested.makeReadyLocation();
  });

  afterEach(async () => {
    await queue.close();
  });

  function storedOf(settlement: Settlement): StoredMessage {
    if (settlement.kind !== "stored") throw new Error(settlement.reason);
    return settlement.message;
  }

  const seqs = async () =>
    (await readRows(path, "select seq from replay_data order by seq")).map((row: Row) => row["seq"]);

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
    const rows = await readRows(path, "select seq, message_id from replay_data where unique_id = ?", [
      replayId,
    ]);
    expect(rows).to.deep.equal([{ seq, message_id: "a" }]);
  });

  it("stores a message of the same id and content once", async () => {
    await open();
    await queue.submit(setupWrite("s1"));
    const first = storedOf(await queue.submit(tellWrite("s1", 1, "a")));
    const second = storedOf(await queue.submit(tellWrite("s1", 1, "a")));
    expect(second).to.deep.equal({ ...first, isDuplicate: true });
    expect(await seqs()).to.deep.equal([1, 2]);
  });

  it("stores a message once that comes twice in one batch", async () => {
    await open();
    await queue.submit(setupWrite("s1"));
    const twice = await Promise.all([
      queue.submit(tellWrite("s1", 1, "a")),
      queue.submit(tellWrite("s1", 1, "a")),
    ]);
    expect(twice.map((settlement) => storedOf(settlement).isDuplicate)).to.deep.equal([false, true]);
    expect(await seqs()).to.deep.equal([1, 2]);
  });

  it("keeps a message of the same id and other content as a conflict", async () => {
    await open();
    await queue.submit(setupWrite("s1"));
    await queue.submit(tellWrite("s1", 1, "a"));
    const settlement = await queue.submit(tellWrite("s1", 0, "a"));
    expect(settlement).to.include({ kind: "rejected", code: "conflict" });
    const kept = await readRows(path, "select code, contents, master_table_id from rejected_data");
    expect(kept).to.deep.equal([
      { code: "conflict", contents: tellWrite("s1", 0, "a").message.frame, master_table_id: 1 },
    ]);
    expect(await readRows(path, "select last_seq from master")).to.deep.equal([{ last_seq: 2 }]);
  });

  it("leaves no gap in seq whatever is resent", async () => {
    await open();
    const ids = fc.array(fc.tuple(fc.constantFrom("s1", "s2", "s3"), fc.nat(8), fc.boolean()), {
      maxLength: 30,
    });
    for (const session of ["s1", "s2"]) await queue.submit(setupWrite(session));
    await fc.assert(
      fc.asyncProperty(ids, async (tells) => {
        await Promise.all(
          tells.map(([session, id, same]) =>
            queue.submit(tellWrite(session, same ? 1 : 0, `${session}-${id}`)),
          ),
        );
        const gaps = await readRows(
          path,
          `select session_id from master join replay_data on master_table_id = master.unique_id
           group by session_id, last_seq having count(*) <> max(seq) or max(seq) <> last_seq or min(seq) <> 1`,
        );
        expect(gaps).to.deep.equal([]);
      }),
      { numRuns: 25 },
    );
  });

  it("knows a resent setup by its session", async () => {
    await open();
    const first = storedOf(await queue.submit(setupWrite("s1")));
    const again = storedOf(await queue.submit(setupWrite("s1")));
    expect(again).to.deep.equal({ ...first, isDuplicate: true });
    const other = await queue.submit(setupWrite("s1", "[common]\nstimuli_per_trial = 2\n"));
    expect(other).to.include({ kind: "rejected", code: "conflict" });
    expect(await readRows(path, "select count(*) as n from master")).to.deep.equal([{ n: 1 }]);
  });

  it("keeps a message for a session that does not exist as rejected", async () => {
    await open();
    expect(await queue.submit(tellWrite("nowhere", 1))).to.include({
      kind: "rejected",
      code: "unknown_session",
    });
    expect(await readRows(path, "select code, master_table_id from rejected_data")).to.deep.equal([
      { code: "unknown_session", master_table_id: null },
    ]);
  });

  it("writes every row of a tell of 10,000 trials", async () => {
    allowDifference("submits trials that its message does not say");
    await open();
    await queue.submit(setupWrite("s1"));
    const [trial] = tellWrite("s1", 1).trials;
    const write = { ...tellWrite("s1", 1), trials: Array.from({ length: 10_000 }, () => trial!) };
    expect(storedOf(await queue.submit(write)).trials).to.equal(10_000);
    const [counts] = await readRows(
      path,
      `select (select count(*) from raw_data) as raws, (select count(distinct iteration_id) from param_data) as params,
       (select count(distinct iteration_id) from outcome_data) as outcomes`,
    );
    expect(counts).to.deep.equal({ raws: 10_000, params: 10_000, outcomes: 10_000 });
  });

  it("keeps parameters and outcomes with their own trial", async () => {
    allowDifference("submits trials that its message does not say");
    await open();
    await queue.submit(setupWrite("s1"));
    const trials = Array.from({ length: 300 }, (_, trial) => ({
      modelData: true,
      extraData: JSON.stringify({ trial }),
      params: Array.from({ length: trial % 4 }, (_, index) => ({ name: `p${index}`, value: String(trial) })),
      outcomes: [{ name: "o", value: trial, text: null }],
    }));
    await queue.submit({ ...tellWrite("s1", 1), trials });
    const rows = await readRows(
      path,
      `select extra_data, outcome_value,
       (select string_agg(param_value, ',') from param_data where iteration_id = raw_data.unique_id) as params
       from raw_data join outcome_data on iteration_id = raw_data.unique_id order by raw_data.unique_id`,
    );
    const expected = trials.map(({ extraData }, trial) => ({
      extra_data: extraData,
      outcome_value: trial,
      params: trial % 4 === 0 ? null : Array.from({ length: trial % 4 }, () => trial).join(","),
    }));
    expect(rows).to.deep.equal(expected);
  });

  it("writes U+FFFD for U+0000 in text columns", async () => {
    await open();
    await queue.submit(setupWrite("s1"));
    await queue.submit(tellWrite("s1", "a\0b"));
    expect(await readRows(path, "select outcome_text from outcome_data")).to.deep.equal([
      { outcome_text: "a\uFFFDb" },
    ]);
  });

  it("lets a message that fails on its content fail alone, and keeps it", async () => {
    const failures: unknown[] = [];
    await open({ onInternal: (error) => failures.push(error) });
    await queue.submit(setupWrite("s1"));
    await refuseRows(path, "outcome_data", "new.outcome_text = 'poison'");
    const outcomes = ["a", "poison", "b"].map((outcome) =>
      queue.submit(tellWrite("s1", outcome, `id-${outcome}`)),
    );
    const [a, poison, b] = await Promise.all(outcomes);
    expect(storedOf(a!).seq).to.equal(2);
    expect(storedOf(b!).seq).to.equal(3);
    expect(poison).to.include({ kind: "rejected", code: "internal" });
    expect(failures).to.have.length(1);
    const kept = await readRows(path, "select code, length(contents) > 0 as kept from rejected_data");
    expect(kept).to.deep.equal([{ code: "internal", kept: 1 }]);
    expect(await seqs()).to.deep.equal([1, 2, 3]);
  });

  it("lets nothing of a connection overtake what failed while messages are written one by one", async () => {
    await open();
    await queue.submit(setupWrite("s1"));
    await refuseRows(path, "outcome_data", "new.outcome_text = 'poison'");
    let unlock: (() => Promise<void>) | undefined;
    const first = transactions.count;
    // Two tries of the batch, the poison alone, its rejection; the file is locked for the one after that.
    transactions.before = async (transaction) => {
      if (transaction === first + 5) unlock = await lockWriters(path);
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

  it("answers unavailable while another process has the file locked, and writes again when it has not", async () => {
    await open();
    await queue.submit(setupWrite("s1"));
    const unlock = await lockWriters(path);
    expect(await rejection(queue.submit(tellWrite("s1", 1, "a")))).to.have.property("code", "unavailable");
    expect(await rejection(queue.submit(tellWrite("s1", 1, "a")))).to.have.property("code", "unavailable");
    await unlock();
    expect(storedOf(await queue.submit(tellWrite("s1", 1, "a")))).to.include({ seq: 2, isDuplicate: false });
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

  it("says when it is full, and when it has room again", async () => {
    const events: boolean[] = [];
    await open({ onFull: (isFull) => events.push(isFull) }, 20_000);
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

  it("gives up what waits when it is abandoned", async () => {
    await open();
    await queue.submit(setupWrite("s1"));
    const tell = queue.submit(tellWrite("s1", 1));
    queue.abandon();
    expect(await rejection(tell)).to.have.property("code", "unavailable");
    expect(await seqs()).to.deep.equal([1]);
  });
});
