import { expect } from "chai";
import { describeOnEngines } from "../../../harness/engines.js";
import { readRows } from "../../../harness/rows.js";
import { deleteSession } from "../../../src/maintenance/index.js";
import { readSessions } from "../../support/database/session-rows.js";
import { setupWrite } from "../../support/database/writes.js";
import { verifyDatabase } from "../../support/database/verify-database.js";
import { noteWrite, other, session, useImportFixture } from "../../support/database/import-fixture.js";

describeOnEngines("importFile of a session that differs in the database", (engine) => {
  const lab = useImportFixture(engine);

  const setup = setupWrite(session);

  /** Writes a session with messages of these ids here and there, and another one there. */
  async function writeBoth(here: readonly string[], there: readonly string[]): Promise<void> {
    await lab.database.submit(setup);
    for (const id of here) await lab.database.submit(noteWrite(`text of ${id}`, id));
    await lab.write(async (source) => {
      await source.submit(setup);
      for (const id of there) await source.submit(noteWrite(`text of ${id}`, id));
      await source.submit(setupWrite(other));
    });
  }

  async function expectConflict(...words: string[]): Promise<void> {
    const rows = async () =>
      (await readSessions(lab.target)).messages.filter((row) => row["session_id"] === session);
    const before = await rows();
    const report = await lab.import();
    expect(report).to.include({ sessionsNew: 1, sessionsGrown: 0, messages: 1 });
    expect(report.conflicts).to.have.length(1);
    for (const word of [session, ...words]) expect(report.conflicts[0]).to.include(word);
    expect(await rows()).to.deep.equal(before);
    expect(await readRows(lab.target, "select 1 as one from master")).to.have.length(2);
  }

  describe("because it was deleted there", () => {
    const deletions = () => readRows(lab.target, "select session_id from deleted_session");

    beforeEach(async () => {
      await lab.write(async (source) => {
        await source.submit(setup);
        await source.submit(setupWrite(other));
      });
      await lab.import();
      // An imported session is never live.
      for (const { unique_id: id } of await readRows(lab.target, "select unique_id from master"))
        await deleteSession(lab.database, id as number, { by: "test" });
    });

    it("reports a conflict and leaves it deleted", async () => {
      const report = await lab.import();
      expect(report).to.include({ sessionsNew: 0, messages: 0 });
      expect(report.conflicts).to.have.length(2);
      expect(report.conflicts[0])
        .to.include(session)
        .and.include("was deleted")
        .and.include("--restore-deleted");
      expect(await readRows(lab.target, "select 1 as one from master")).to.deep.equal([]);
      expect(await deletions()).to.have.length(2);
    });

    it("imports it again when told to, and forgets that it was deleted", async () => {
      const report = await lab.import(lab.file, { restoresDeleted: true });
      expect(report).to.deep.include({ sessionsNew: 2, messages: 2, conflicts: [] });
      expect(await deletions()).to.deep.equal([]);
      expect(await verifyDatabase(lab.target)).to.deep.equal([]);
    });
  });

  it("reports a conflict where a message has other contents", async () => {
    await writeBoth(["a", "b"], ["a"]);
    await lab.write(async (source) => {
      await source.submit(noteWrite("another text", "b"));
      await source.submit(noteWrite("text of c", "c"));
    });
    await expectConflict('message 3 ("b")', "other contents");
  });

  it("reports a conflict where the setup has other contents", async () => {
    await lab.database.submit(setupWrite(session, "[common]\nparnames = [x]\n"));
    await lab.write(async (source) => {
      await source.submit(setup);
      await source.submit(setupWrite(other));
    });
    await expectConflict("message 1", "other contents");
  });

  it("reports a conflict where the messages are in another order", async () => {
    await writeBoth(["b", "a"], ["a", "b", "c"]);
    await expectConflict('message 3 ("b")', "another order");
  });

  it("reports a conflict where the database lacks a message before one that it has", async () => {
    await writeBoth(["a", "c"], ["a", "b", "c", "d"]);
    await expectConflict('lacks message 3 ("b")', 'message 4 ("c")');
  });
});
