import { expect } from "chai";
import { describeOnEngines, isPostgres } from "../../../harness/engines.js";
import { readRows } from "../../../harness/rows.js";
import { computeWithPython, expectChained } from "../../support/checks/chains.js";
import { QueueFixture } from "../../support/database/queue-fixture.js";
import { storedOf } from "../../support/database/settlements.js";
import { setupWrite, tellWrite } from "../../support/database/writes.js";

describeOnEngines("the digests of a session", (tested) => {
  const fixture = new QueueFixture(() => tested.makeReadyLocation());

  const digests = async () =>
    (await readRows(fixture.location, "select digest from replay_data order by master_table_id, seq")).map(
      (row) => row["digest"] as string,
    );

  it("chain its messages, one by one and in batches", async () => {
    const queue = await fixture.open();
    await queue.submit(setupWrite("s1"));
    await queue.submit(tellWrite("s1", "ä\u0000", "ä id"));
    await Promise.all([
      queue.submit(setupWrite("s2")),
      ...Array.from({ length: 20 }, (_, index) => queue.submit(tellWrite("s1", index))),
    ]);
    await Promise.all(["s1", "s2", "s1", "s2"].map((session) => queue.submit(tellWrite(session, 1))));
    expect(await expectChained(fixture.location)).to.equal(27);
  });

  it("are those that a script computes", async () => {
    const queue = await fixture.open();
    await queue.submit(setupWrite("s1"));
    await queue.submit(tellWrite("s1", 1));
    await queue.submit(tellWrite("s1", "größer"));
    await queue.submit(setupWrite("s2"));
    if (!isPostgres(fixture.location))
      expect(computeWithPython(fixture.location)).to.deep.equal(await digests());
  });

  it("are in the settlements, that of the first time for a message sent again", async () => {
    const queue = await fixture.open();
    await queue.submit(setupWrite("s1"));
    const first = storedOf(await queue.submit(tellWrite("s1", 1, "a")));
    await queue.submit(tellWrite("s1", 1));
    const again = storedOf(await queue.submit(tellWrite("s1", 1, "a")));
    expect(first.digest).to.equal((await digests())[1]);
    expect(again).to.include({ isDuplicate: true, digest: first.digest });
  });

  it("begin anew with each session, and differ with its id", async () => {
    const queue = await fixture.open();
    const setup = setupWrite("s1");
    await queue.submit(setup);
    await queue.submit({ ...setup, session: { ...setup.session, id: "s2" } });
    const [one, other] = await digests();
    expect(one).not.to.equal(other);
  });

  it("go on where another writer has written in between", async () => {
    const queue = await fixture.open();
    const other = await fixture.open();
    await queue.submit(setupWrite("s1"));
    await other.submit(tellWrite("s1", 1));
    await queue.submit(tellWrite("s1", 2));
    await other.submit(tellWrite("s1", 3));
    expect(await expectChained(fixture.location)).to.equal(4);
  });

  it("leave out what was rejected", async () => {
    const queue = await fixture.open();
    await queue.submit(setupWrite("s1"));
    await Promise.all([
      queue.submit(tellWrite("s1", 1, "a")),
      queue.submit(tellWrite("s1", 2, "a")),
      queue.submit(tellWrite("s1", 3, "b")),
    ]);
    expect(await expectChained(fixture.location)).to.equal(3);
  });
});
