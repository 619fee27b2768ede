import { mkdir, readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { Store } from "../../../src/database/index.js";
import { encode } from "../../../harness/encode.js";
import { describeOnEngines } from "../../../harness/engines.js";
import { checkSessions } from "../../../harness/check-sessions.js";
import { execute, readRows } from "../../../harness/rows.js";
import { expectChained } from "../../support/checks/chains.js";
import { allowDifference } from "../../support/checks/rebuild.js";
import { readSessions, readTables } from "../../support/database/session-rows.js";
import { receive, setupWrite, tellWrite } from "../../support/database/writes.js";
import {
  messageWrite,
  noteWrite,
  readMessageIds,
  session,
  useImportFixture,
} from "../../support/database/import-fixture.js";

describeOnEngines("importFile of a file that telltale wrote", (engine) => {
  const lab = useImportFixture(engine);

  it("copies every row of its sessions", async () => {
    await lab.writeFull();
    const report = await lab.import();
    const expected = await readSessions(lab.file);
    for (const rows of Object.values(expected)) expect(rows).not.to.be.empty;
    expect(await readSessions(lab.target)).to.deep.equal(expected);
    expect(report).to.deep.include({
      sessionsNew: 2,
      messages: 8,
      trials: 4,
      upgrade: undefined,
      notes: [],
    });
  });

  it("keeps the digests of messages, and their mark", async () => {
    await lab.writeFull();
    await execute(lab.file, `update master set late_digests = 2 where session_id = '${session}'`);
    await lab.import();
    const sql = `select session_id, master.digest, late_digests, replay_data.digest as of_message from master
      join replay_data on master_table_id = master.unique_id order by session_id, seq`;
    expect(await readRows(lab.target, sql)).to.deep.equal(await readRows(lab.file, sql));
    await expectChained(lab.target);
  });

  it("chains messages that get another seq, and marks them", async () => {
    await lab.write((source) => source.submit(setupWrite(session)));
    await lab.import();
    await lab.write((source) => source.submit(noteWrite("one", "n1")));
    await lab.database.submit(noteWrite("other", "o1"));
    expect(await lab.import()).to.deep.include({ messages: 1, notes: [] });
    await expectChained(lab.target);
    expect(await readRows(lab.target, "select last_seq, late_digests from master")).to.deep.equal([
      { last_seq: 3, late_digests: 3 },
    ]);
  });

  it("imports messages that were changed in the file, and says so", async () => {
    allowDifference("the file's message was changed");
    await lab.writeFull();
    await execute(lab.file, `update replay_data set timestamp = '2020-01-01T00:00:00.000Z' where seq = 3`);
    const { notes, messages } = await lab.import();
    expect(messages).to.equal(8);
    expect(notes).to.have.length(1);
    expect(notes[0]).to.include(`Session ${session}: 1 message of the file, the first with seq 3, changed`);
    await expectChained(lab.target);
    const [row] = await readRows(
      lab.target,
      `select late_digests from master where session_id = '${session}'`,
    );
    expect(row).to.deep.equal({ late_digests: 7 });
  });

  it("leaves the file and its folder unchanged", async () => {
    await lab.writeFull();
    const before = await readFile(lab.file);
    await lab.import();
    expect(await readFile(lab.file)).to.deep.equal(before);
    expect(await readdir(lab.folder)).to.deep.equal(["lab.db"]);
  });

  it("adds nothing the second time", async () => {
    await lab.writeFull();
    await lab.import();
    const before = await readTables(lab.target);
    expect(await lab.import()).to.include({ sessionsUnchanged: 2, messages: 0, trials: 0 });
    expect(await readTables(lab.target)).to.deep.equal(before);
  });

  it("copies what is still in the write-ahead log", async () => {
    const source = await Store.open(lab.file);
    await source.submit(setupWrite(session));
    expect(await lab.import()).to.include({ sessionsNew: 1, messages: 1 });
    await source.submit(tellWrite(session, 1));
    expect(await lab.import()).to.include({ sessionsGrown: 1, messages: 1, trials: 1 });
    await source.close();
  });

  it("reads a session in pages, large messages too", async () => {
    await lab.write(async (source) => {
      await source.submit(setupWrite(session));
      const writes = Array.from({ length: 1201 }, (_, index) => tellWrite(session, index));
      await Promise.all(writes.map((one) => source.submit(one)));
      for (const id of ["a", "b", "c"]) await source.submit(noteWrite("x".repeat(900_000), id));
    });
    await lab.import();
    expect(await readSessions(lab.target)).to.deep.equal(await readSessions(lab.file));
    expect(await lab.import()).to.include({ sessionsUnchanged: 1 });
  });

  it("keeps where a session first came from", async () => {
    await mkdir(join(lab.folder, "a"));
    const [first, second] = [join(lab.folder, "a", "first.db"), join(lab.folder, "a", "second.db")];
    await lab.writeFull(first);
    await lab.write((_source, library) => library.importFile(first), second);
    await lab.import(second);
    const sources = await readRows(lab.target, "select distinct source from master");
    expect(sources).to.deep.equal([{ source: "first.db" }]);
  });

  it("leaves the source of a session that was live here empty", async () => {
    await lab.database.submit(setupWrite(session));
    await lab.writeFull();
    await lab.import();
    const sql = "select source from master where session_id = ?";
    expect(await readRows(lab.target, sql, [session])).to.deep.equal([{ source: null }]);
  });

  it("appends messages that the file has to a session that continues here, and the other way round", async () => {
    const setup = setupWrite(session);
    await lab.write(async (source) => {
      await source.submit(setup);
      await source.submit(tellWrite(session, 1, "there-1"));
    });
    // The same setup, with another id from the daemon.
    await lab.database.submit({ ...setup, message: { ...setup.message, id: "another" } });
    await lab.database.submit(tellWrite(session, 0, "here-1"));
    expect(await lab.import()).to.include({ sessionsGrown: 1, messages: 1, trials: 1 });
    expect(await readMessageIds(lab.target)).to.deep.equal(["another", "here-1", "there-1"]);
    await lab.write((source) => source.submit(tellWrite(session, 1, "there-2")));
    await lab.database.submit(tellWrite(session, 0, "here-2"));
    expect(await lab.import()).to.include({ sessionsGrown: 1, messages: 1, trials: 1 });
    expect(await readMessageIds(lab.target)).to.deep.equal([
      "another",
      "here-1",
      "there-1",
      "here-2",
      "there-2",
    ]);
    expect(await lab.import()).to.include({ sessionsUnchanged: 1 });
    expect(await readRows(lab.target, "select 1 as one from config_data")).to.have.length(1);
    for (const { isDifferent, trialsEqual } of await checkSessions(lab.target))
      expect([isDifferent, trialsEqual]).to.deep.equal([false, 4]);
  });

  it("recognizes a message in another coding", async () => {
    const message = { type: "note", id: "n1", message: { text: "ä", list: [1.5, null] } };
    const frames = (["json", "messagepack"] as const).map((coding) => Buffer.from(encode(message, coding)));
    const setup = setupWrite(session);
    await lab.write(async (source) => {
      await source.submit(setup);
      await source.submit(messageWrite({ ...receive(message, "n1"), frame: frames[0]! }));
    });
    await lab.database.submit(setup);
    await lab.database.submit(messageWrite({ ...receive(message, "n1"), frame: frames[1]! }));
    expect(await lab.import()).to.deep.include({ sessionsUnchanged: 1, conflicts: [] });
  });

  it("notes what it does not import", async () => {
    await lab.writeFull();
    await execute(
      lab.file,
      `insert into rejected_data (timestamp, code, reason) values ('2026-01-01T00:00:00.000Z', 'malformed', 'It is no JSON.');
       alter table master add column lab_note; update strat_data set replay_table_id = (select max(unique_id) from replay_data)
       where replay_table_id is not null`,
    );
    const { notes } = await lab.import();
    expect(notes).to.deep.equal([
      "Not imported: 1 row of rejected_data without a session.",
      "Not imported: 1 row of strat_data referring to a message of another session.",
      "Not imported: lab_note of master, unknown to telltale.",
    ]);
  });
});
