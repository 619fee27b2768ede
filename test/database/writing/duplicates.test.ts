import { expect } from "chai";
import fc from "fast-check";
import type { WriteQueue } from "../../../src/database/writing/index.js";
import { describeOnEngines } from "../../../harness/engines.js";
import { readRows } from "../../../harness/rows.js";
import { QueueFixture } from "../../support/database/queue-fixture.js";
import { storedOf } from "../../support/database/settlements.js";
import { setupWrite, tellWrite } from "../../support/database/writes.js";

describeOnEngines("WriteQueue on messages sent again", (tested) => {
  const fixture = new QueueFixture(() => tested.makeReadyLocation());
  let queue: WriteQueue;

  async function open(): Promise<void> {
    queue = await fixture.open();
  }

  const seqs = async () =>
    (await readRows(fixture.location, "select seq from replay_data order by seq")).map((row) => row["seq"]);

  it("stores a message with the same id and content once", async () => {
    await open();
    await queue.submit(setupWrite("s1"));
    const first = storedOf(await queue.submit(tellWrite("s1", 1, "a")));
    const second = storedOf(await queue.submit(tellWrite("s1", 1, "a")));
    expect(second).to.deep.equal({ ...first, isDuplicate: true });
    expect(await seqs()).to.deep.equal([1, 2]);
  });

  it("stores a message that comes twice in one batch once", async () => {
    await open();
    await queue.submit(setupWrite("s1"));
    const twice = await Promise.all([
      queue.submit(tellWrite("s1", 1, "a")),
      queue.submit(tellWrite("s1", 1, "a")),
    ]);
    expect(twice.map((settlement) => storedOf(settlement).isDuplicate)).to.deep.equal([false, true]);
    expect(await seqs()).to.deep.equal([1, 2]);
  });

  it("rejects a message with the same id and other content as a conflict", async () => {
    await open();
    await queue.submit(setupWrite("s1"));
    await queue.submit(tellWrite("s1", 1, "a"));
    const settlement = await queue.submit(tellWrite("s1", 0, "a"));
    expect(settlement).to.include({ kind: "rejected", code: "conflict" });
    const kept = await readRows(
      fixture.location,
      "select code, contents, master_table_id from rejected_data",
    );
    expect(kept).to.deep.equal([
      { code: "conflict", contents: tellWrite("s1", 0, "a").message.frame, master_table_id: 1 },
    ]);
    expect(await readRows(fixture.location, "select last_seq from master")).to.deep.equal([{ last_seq: 2 }]);
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
          fixture.location,
          `select session_id from master join replay_data on master_table_id = master.unique_id
           group by session_id, last_seq having count(*) <> max(seq) or max(seq) <> last_seq or min(seq) <> 1`,
        );
        expect(gaps).to.deep.equal([]);
      }),
      { numRuns: 25 },
    );
  });

  it("recognizes a resent setup by its session", async () => {
    await open();
    const first = storedOf(await queue.submit(setupWrite("s1")));
    const again = storedOf(await queue.submit(setupWrite("s1")));
    expect(again).to.deep.equal({ ...first, isDuplicate: true });
    const other = await queue.submit(setupWrite("s1", "[common]\nstimuli_per_trial = 2\n"));
    expect(other).to.include({ kind: "rejected", code: "conflict" });
    expect(await readRows(fixture.location, "select count(*) as n from master")).to.deep.equal([{ n: 1 }]);
  });
});
