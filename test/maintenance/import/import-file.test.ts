import { expect } from "chai";
import { DatabaseError, Store } from "../../../src/database/index.js";
import { Database } from "../../../src/library/index.js";
import { describeOnEngines } from "../../../harness/engines.js";
import { Participant, expectStoredOnce } from "../../support/client/participant.js";
import { importFile } from "../../../src/maintenance/index.js";
import { rejection } from "../../support/checks/rejection.js";
import { readRows, refuseRows } from "../../../harness/rows.js";
import { DaemonProcess } from "../../../harness/daemon-process.js";
import { readSessions } from "../../support/database/session-rows.js";
import { setupWrite, tellWrite } from "../../support/database/writes.js";
import { readMessageIds, session, useImportFixture } from "../../support/database/import-fixture.js";

describeOnEngines("importFile", (engine) => {
  const lab = useImportFixture(engine);

  async function expectCode(promise: Promise<unknown>, code: string, ...words: string[]): Promise<void> {
    const error = await rejection(promise);
    expect(error).to.be.instanceOf(DatabaseError).with.property("code", code);
    for (const word of words) expect((error as Error).message).to.include(word);
  }

  it("leaves whole sessions when it fails, and adds the rest when it runs again", async () => {
    await lab.writeFull();
    const allow = await refuseRows(lab.target, "config_data", "new.master_table_id = 2");
    await rejection(lab.import());
    expect(await readRows(lab.target, "select session_id from master")).to.deep.equal([
      { session_id: session },
    ]);
    await allow();
    expect(await lab.import()).to.include({ sessionsNew: 1, sessionsUnchanged: 1 });
    expect(await readSessions(lab.target)).to.deep.equal(await readSessions(lab.file));
  });

  it("loses nothing of a session that a daemon writes to at the same time", async () => {
    const here = new Participant("json", session, "here");
    const served = await DaemonProcess.start(lab.target);
    await here.begin(served.url);
    const [setup] = await readRows(lab.target, "select message_contents from replay_data");
    const there = setupWrite(session);
    await lab.write(async (source) => {
      await source.submit({
        ...there,
        message: { ...there.message, frame: setup?.["message_contents"] as Buffer },
      });
      const writes = Array.from({ length: 600 }, (_, index) => tellWrite(session, index, `there-${index}`));
      await Promise.all(writes.map((one) => source.submit(one)));
    });
    const telling = here.tellUntilLost(300);
    const report = await lab.import();
    expect(report).to.deep.include({ sessionsGrown: 1, messages: 600, trials: 600, conflicts: [] });
    await telling;
    expect(here.acknowledged.size).to.equal(300);
    expect(await served.end("SIGTERM")).to.equal(0);
    await expectStoredOnce(lab.target, [here]);
    const [counts] = await readRows(
      lab.target,
      `select last_seq, (select count(*) from replay_data) as messages, (select count(*) from raw_data) as trials from master`,
    );
    expect(counts).to.deep.equal({ last_seq: 901, messages: 901, trials: 900 });
    const theirs = (await readMessageIds(lab.target)).filter((id) => id.startsWith("there-"));
    expect(theirs).to.deep.equal(Array.from({ length: 600 }, (_, index) => `there-${index}`));
    expect(await lab.import()).to.include({ sessionsUnchanged: 1 });
  });

  it("can run twice at once", async () => {
    await lab.writeFull();
    const second = await Store.open(lab.target);
    const reports = await Promise.all([lab.import(), importFile(second, lab.file)]);
    await second.close();
    expect(reports[0].sessionsNew + reports[1].sessionsNew).to.equal(2);
    expect(await readSessions(lab.target)).to.deep.equal(await readSessions(lab.file));
  });

  describe("is refused", () => {
    it("into a database that is read-only or closed", async () => {
      await lab.writeFull();
      const reader = await Database.open(lab.target, { readOnly: true });
      await expectCode(reader.importFile(lab.file), "read_only");
      await reader.close();
      await expectCode(reader.importFile(lab.file), "read_only");
    });

    it("from a database on a server", () =>
      expectCode(lab.import("postgres://user:hunter2@localhost/lab"), "bad_address", "file"));

    it("from the database itself", async function () {
      if (lab.database.path === undefined) this.skip();
      await expectCode(lab.import(lab.database.path), "bad_argument", lab.database.path, "itself");
    });
  });
});
