import { copyFile, mkdir, readFile, readdir } from "node:fs/promises";
import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { expect } from "chai";
import { DatabaseError, Store } from "../../src/database/index.js";
import { Database } from "../../src/library/index.js";
import { importFile } from "../../src/maintenance/index.js";
import type { MessageWrite, ReceivedMessage } from "../../src/derivation/index.js";
import { encode } from "../../harness/encode.js";
import { describeOnEngines } from "../../harness/engines.js";
import { recorded } from "../support/files/legacy.js";
import { Participant, expectStoredOnce } from "../support/client/participant.js";
import { checkSessions } from "../support/checks/rebuild.js";
import { rejection } from "../support/checks/rejection.js";
import { execute, readRows, refuseRows } from "../../harness/rows.js";
import { DaemonProcess } from "../../harness/daemon-process.js";
import { readSessions, readTables } from "../support/database/session-rows.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { fixture } from "../support/files/vectors.js";
import { receive, setupWrite, tellWrite } from "../support/database/writes.js";

const session = "aaaaaaaa-0000-4000-8000-000000000001";
const other = "bbbbbbbb-0000-4000-8000-000000000002";

const oldFiles = [
  ...[0, 1, 2, 3].map((generation) => fixture(`legacy/generation-${generation}.db`)),
  ...(existsSync(recorded) ? readdirSync(recorded) : [])
    .filter((name) => name.endsWith(".db"))
    .map((name) => join(recorded, name)),
];

/** A message of a session that derives nothing. */
function note(text: string, id: string): MessageWrite {
  return messageWrite(receive({ type: "note", message: { text } }, id));
}

function messageWrite(message: ReceivedMessage): MessageWrite {
  return { kind: "message", message, sessionId: session, trials: [], derivationError: null, isStrat: false };
}

describeOnEngines("importFile", (engine) => {
  let folder: string;
  let file: string;
  let target: string;
  let database: Store;

  beforeEach(async () => {
    folder = await temporaryFolder();
    file = join(folder, "lab.db");
    target = await engine.makeReadyLocation();
    database = await Store.open(target);
  });

  afterEach(async () => {
    await database.close();
  });

  /** Writes a telltale file, or more to it. */
  async function write(
    work: (source: Store, library: Database) => Promise<unknown>,
    path = file,
  ): Promise<void> {
    const source = await Store.open(path);
    await work(source, Database.over(source));
    await source.close();
  }

  async function upgrade(path = file): Promise<void> {
    const source = await Database.open(path);
    await source.performUpdates();
    await source.close();
  }

  /** A session of telltale with everything that one can hold. */
  async function writeFull(path = file): Promise<void> {
    await write(async (source, library) => {
      await source.submit(setupWrite(session, "[common]\nstimuli_per_trial = 1\n"));
      await source.submit(tellWrite(session, 1, "t1"));
      const [master] = await library.getMasterRecords();
      await library.recordMessage(master!, "ask", { message: "", sent_at: 1764000000123.5 });
      await library.recordMessage(master!, "tell", {
        message: { config: { x: [0.5, 1], word: ["ä", "b"] }, outcome: { hit: [1, 0], said: ["yes", "no"] } },
        extra_info: { rt: 0.25 },
      });
      await library.recordMessage(master!, "tell", { message: { config: { x: [[[]]] } } });
      await library.recordMessage(master!, "strat", { message: { model: [1, 2] } });
      await library.recordMessage(master!, "something_else", { message: new Uint8Array([1, 2]) });
      await library.recordStrat(master!, new Uint8Array([0, 255]));
      await library.recordConfig(master!, { common: { lapse: 0.1 } });
      const raw = await library.recordRaw(master!, false, { extraData: { by: "hand" } });
      await library.recordParam(raw, "x", -0);
      await library.recordOutcome(raw, "outcome", Infinity);
      // A conflict is kept as a rejection of the session.
      await source.submit(tellWrite(session, 0, "t1"));
      await source.submit(setupWrite(other));
    }, path);
  }

  const importInto = (path = file) => importFile(database, path);

  async function expectCode(promise: Promise<unknown>, code: string, ...words: string[]): Promise<void> {
    const error = await rejection(promise);
    expect(error).to.be.instanceOf(DatabaseError).with.property("code", code);
    for (const word of words) expect((error as Error).message).to.include(word);
  }

  describe("of a file that AEPsych wrote", () => {
    if (!existsSync(recorded)) it.skip("copies files that AEPsych itself wrote: they are not here");

    for (const path of oldFiles) {
      describe(basename(path), () => {
        beforeEach(() => copyFile(path, file));

        it("copies every row as an upgrade in place would leave it", async () => {
          const upgraded = join(folder, "upgraded.db");
          await copyFile(path, upgraded);
          await upgrade(upgraded);
          const report = await importInto();
          const expected = await readSessions(upgraded);
          expect(await readSessions(target)).to.deep.equal(expected);
          expect(report).to.deep.include({
            path: file,
            sessionsNew: expected.masters.length,
            sessionsGrown: 0,
            sessionsUnchanged: 0,
            messages: expected.messages.length,
            trials: expected.trials.length,
            conflicts: [],
          });
          expect(report.upgrade?.backup).to.equal(undefined);
          for (const { source } of await readRows(target, "select source from master"))
            expect(source).to.equal("lab.db");
          for (const { isDifferent } of await checkSessions(target)) expect(isDifferent).to.equal(false);
        });

        it("changes nothing in it or beside it", async () => {
          await importInto();
          expect(await readdir(folder)).to.deep.equal(["lab.db"]);
          expect(await readFile(file)).to.deep.equal(await readFile(path));
        });

        it("adds nothing the second time", async () => {
          const first = await importInto();
          const before = await readTables(target);
          expect(await importInto()).to.deep.include({
            sessionsNew: 0,
            sessionsGrown: 0,
            sessionsUnchanged: first.sessionsNew,
            messages: 0,
            trials: 0,
            conflicts: [],
          });
          expect(await readTables(target)).to.deep.equal(before);
        });
      });
    }

    it("copies the first tell of single_stimuli.db with its trial", async function () {
      const path = join(recorded, "single_stimuli.db");
      if (!existsSync(path)) this.skip();
      await importInto(path);
      const [first] = await readRows(target, "select unique_id, extra_data from raw_data order by unique_id");
      expect(JSON.parse(first?.["extra_data"] as string)).to.deep.equal({ e1: 1, e2: 2 });
      const sql = "select param_name, param_value from param_data where iteration_id = ? order by unique_id";
      expect(await readRows(target, sql, [first?.["unique_id"]])).to.deep.equal([
        { param_name: "x1", param_value: "0.1" },
        { param_name: "x2", param_value: "4" },
      ]);
    });

    it("adds only what came since, also of rows under no master", async () => {
      await copyFile(fixture("legacy/generation-1.db"), file);
      await importInto();
      const before = await readTables(target);
      const again = (where: string) =>
        `insert into replay_data (timestamp, message_type, message_contents, extra_info, master_table_id)
         select '2023-01-01 00:00:00.000001', message_type, message_contents, extra_info, master_table_id
         from replay_data where ${where} order by unique_id limit 1`;
      await execute(
        file,
        `${again("message_type = 'ask' and master_table_id = 1")};
         ${again("message_type = 'tell' and master_table_id = 1")};
         ${again("master_table_id is null")};
         insert into strat_data (timestamp, strat, master_table_id) select '2023-01-01', strat, 1 from strat_data limit 1`,
      );
      const report = await importInto();
      expect(report).to.include({
        sessionsNew: 0,
        sessionsGrown: 2,
        sessionsUnchanged: 1,
        messages: 3,
        trials: 2,
      });
      const after = await readTables(target);
      before.slice(1).forEach((rows, index) => {
        expect(after[index + 1]!.slice(0, rows.length)).to.deep.equal(rows);
      });
      const upgraded = join(folder, "upgraded.db");
      await copyFile(file, upgraded);
      await upgrade(upgraded);
      expect(await readSessions(target)).to.deep.equal(await readSessions(upgraded));
      expect(await importInto()).to.include({ sessionsUnchanged: 3 });
    });

    it("adds only the trials that came since to those that AEPsych wrote itself", async () => {
      await copyFile(fixture("legacy/generation-3.db"), file);
      await importInto();
      await execute(
        file,
        `insert into replay_data (timestamp, message_type, message_contents, master_table_id)
         select '2023-01-01', message_type, message_contents, master_table_id from replay_data where message_type = 'tell' limit 1;
         insert into raw_data (timestamp, model_data, master_table_id) values ('2023-01-01', 1, 1);
         insert into param_data (param_name, param_value, iteration_id) values ('x1', '0.5', last_insert_rowid())`,
      );
      expect(await importInto()).to.include({ sessionsGrown: 1, messages: 1, trials: 1 });
      const upgraded = join(folder, "upgraded.db");
      await copyFile(file, upgraded);
      await upgrade(upgraded);
      const { params, trials } = await readSessions(target);
      const expected = await readSessions(upgraded);
      expect(params).to.deep.equal(expected.params);
      expect(trials.length).to.equal(expected.trials.length);
    });

    it("does not double the trials of a session that a newer AEPsych has written since", async () => {
      await copyFile(fixture("legacy/generation-1.db"), file);
      await importInto();
      const before = await readTables(target);
      await execute(
        file,
        `create table raw_data (unique_id integer primary key, timestamp datetime, model_data boolean, master_table_id integer);
         create table param_data (unique_id integer primary key, param_name text, param_value text, iteration_id integer);
         create table outcome_data (unique_id integer primary key, outcome_name text, outcome_value float, iteration_id integer);
         insert into raw_data (timestamp, model_data, master_table_id)
         select timestamp, 1, master_table_id from replay_data where message_type = 'tell' and master_table_id is not null`,
      );
      const report = await importInto();
      expect(report).to.include({ sessionsUnchanged: 3, messages: 0, trials: 0 });
      expect(report.notes[0]).to.match(/^Not imported: 1[0-9] of the trials that AEPsych wrote itself/);
      expect(await readTables(target)).to.deep.equal(before);
      await execute(
        file,
        `insert into replay_data (timestamp, message_type, message_contents, master_table_id)
         select '2023-01-01', message_type, message_contents, 2 from replay_data where message_type = 'tell' limit 1;
         insert into raw_data (timestamp, model_data, master_table_id) values ('2023-01-01', 1, 2)`,
      );
      expect(await importInto()).to.include({ sessionsGrown: 1, messages: 1, trials: 1 });
      for (const { isDifferent } of await checkSessions(target)) expect(isDifferent).to.equal(false);
      expect(await readRows(target, "select 1 as one from raw_data where replay_table_id is null")).to.be
        .empty;
    });

    it("knows its sessions again after telltale migrate", async () => {
      await copyFile(fixture("legacy/generation-2.db"), file);
      await importInto();
      const before = await readTables(target);
      await upgrade();
      expect(await importInto()).to.include({ sessionsNew: 0, sessionsUnchanged: 2, upgrade: undefined });
      expect(await readTables(target)).to.deep.equal(before);
    });

    it("finishes an upgrade that was not finished, in the copy only", async () => {
      await copyFile(fixture("legacy/generation-1.db"), file);
      await upgrade();
      await execute(
        file,
        "delete from param_data; delete from outcome_data; delete from raw_data; update master set rebuild_due = 1",
      );
      const before = await readFile(file);
      const report = await importInto();
      expect(report.trials).to.be.greaterThan(0);
      expect(await readFile(file)).to.deep.equal(before);
      for (const { isDifferent } of await checkSessions(target)) expect(isDifferent).to.equal(false);
    });

    it("keeps text that the other engine cannot hold, with U+FFFD for U+0000", async () => {
      await copyFile(fixture("legacy/generation-2.db"), file);
      await execute(
        file,
        `update master set experiment_name = 'a' || char(0) || 'b'; update strat_data set timestamp = 'c' || char(0);
         update raw_data set timestamp = char(0); update param_data set param_value = 'd' || char(0)`,
      );
      await importInto();
      const [master] = await readRows(target, "select experiment_name from master");
      expect(master).to.deep.equal({ experiment_name: "a\uFFFDb" });
      expect(await importInto()).to.include({ sessionsUnchanged: 2 });
    });
  });

  describe("of telltale's own file", () => {
    it("copies every row of its sessions", async () => {
      await writeFull();
      const report = await importInto();
      const expected = await readSessions(file);
      for (const rows of Object.values(expected)) expect(rows).not.to.be.empty;
      expect(await readSessions(target)).to.deep.equal(expected);
      expect(report).to.deep.include({
        sessionsNew: 2,
        messages: 8,
        trials: 4,
        upgrade: undefined,
        notes: [],
      });
    });

    it("changes nothing in it or beside it", async () => {
      await writeFull();
      const before = await readFile(file);
      await importInto();
      expect(await readFile(file)).to.deep.equal(before);
      expect(await readdir(folder)).to.deep.equal(["lab.db"]);
    });

    it("adds nothing the second time", async () => {
      await writeFull();
      await importInto();
      const before = await readTables(target);
      expect(await importInto()).to.include({ sessionsUnchanged: 2, messages: 0, trials: 0 });
      expect(await readTables(target)).to.deep.equal(before);
    });

    it("copies what is not in its main file yet", async () => {
      const source = await Store.open(file);
      await source.submit(setupWrite(session));
      expect(await importInto()).to.include({ sessionsNew: 1, messages: 1 });
      await source.submit(tellWrite(session, 1));
      expect(await importInto()).to.include({ sessionsGrown: 1, messages: 1, trials: 1 });
      await source.close();
    });

    it("reads a session in pages, large messages too", async () => {
      await write(async (source) => {
        await source.submit(setupWrite(session));
        const writes = Array.from({ length: 1201 }, (_, index) => tellWrite(session, index));
        await Promise.all(writes.map((one) => source.submit(one)));
        for (const id of ["a", "b", "c"]) await source.submit(note("x".repeat(900_000), id));
      });
      await importInto();
      expect(await readSessions(target)).to.deep.equal(await readSessions(file));
      expect(await importInto()).to.include({ sessionsUnchanged: 1 });
    });

    it("goes on saying where a session first came from", async () => {
      await mkdir(join(folder, "a"));
      const [first, second] = [join(folder, "a", "first.db"), join(folder, "a", "second.db")];
      await writeFull(first);
      await write((_source, library) => library.importFile(first), second);
      await importInto(second);
      const sources = await readRows(target, "select distinct source from master");
      expect(sources).to.deep.equal([{ source: "first.db" }]);
    });

    it("says of a session that was live here that it came from nowhere", async () => {
      await database.submit(setupWrite(session));
      await writeFull();
      await importInto();
      const sql = "select source from master where session_id = ?";
      expect(await readRows(target, sql, [session])).to.deep.equal([{ source: null }]);
    });

    it("appends what came there to a session that goes on here, and back", async () => {
      const setup = setupWrite(session);
      await write(async (source) => {
        await source.submit(setup);
        await source.submit(tellWrite(session, 1, "there-1"));
      });
      // The same setup, which the daemon gave another id.
      await database.submit({ ...setup, message: { ...setup.message, id: "another" } });
      await database.submit(tellWrite(session, 0, "here-1"));
      expect(await importInto()).to.include({ sessionsGrown: 1, messages: 1, trials: 1 });
      expect(await idsIn(target)).to.deep.equal(["another", "here-1", "there-1"]);
      await write((source) => source.submit(tellWrite(session, 1, "there-2")));
      await database.submit(tellWrite(session, 0, "here-2"));
      expect(await importInto()).to.include({ sessionsGrown: 1, messages: 1, trials: 1 });
      expect(await idsIn(target)).to.deep.equal(["another", "here-1", "there-1", "here-2", "there-2"]);
      expect(await importInto()).to.include({ sessionsUnchanged: 1 });
      expect(await readRows(target, "select 1 as one from config_data")).to.have.length(1);
      for (const { isDifferent, trialsEqual } of await checkSessions(target))
        expect([isDifferent, trialsEqual]).to.deep.equal([false, 4]);
    });

    it("knows a message again that came in another coding", async () => {
      const message = { type: "note", id: "n1", message: { text: "ä", list: [1.5, null] } };
      const frames = (["json", "messagepack"] as const).map((coding) => Buffer.from(encode(message, coding)));
      const setup = setupWrite(session);
      await write(async (source) => {
        await source.submit(setup);
        await source.submit(messageWrite({ ...receive(message, "n1"), frame: frames[0]! }));
      });
      await database.submit(setup);
      await database.submit(messageWrite({ ...receive(message, "n1"), frame: frames[1]! }));
      expect(await importInto()).to.deep.include({ sessionsUnchanged: 1, conflicts: [] });
    });

    it("says what it leaves in the file", async () => {
      await writeFull();
      await execute(
        file,
        `insert into rejected_data (timestamp, code, reason) values ('2026-01-01T00:00:00.000Z', 'malformed', 'It is no JSON.');
         alter table master add column lab_note; update strat_data set replay_table_id = (select max(unique_id) from replay_data)
         where replay_table_id is not null`,
      );
      const { notes } = await importInto();
      expect(notes).to.deep.equal([
        "Not imported: 1 row of rejected_data under no session.",
        "Not imported: 1 row of strat_data referring to a message of another session.",
        "Not imported: lab_note of master, which telltale does not know.",
      ]);
    });
  });

  describe("of a session that is another one here", () => {
    const setup = setupWrite(session);

    /** Writes a session with messages of these ids here and there, and another one there. */
    async function writeBoth(here: readonly string[], there: readonly string[]): Promise<void> {
      await database.submit(setup);
      for (const id of here) await database.submit(note(`text of ${id}`, id));
      await write(async (source) => {
        await source.submit(setup);
        for (const id of there) await source.submit(note(`text of ${id}`, id));
        await source.submit(setupWrite(other));
      });
    }

    async function expectConflict(...words: string[]): Promise<void> {
      const rows = async () =>
        (await readSessions(target)).messages.filter((row) => row["session_id"] === session);
      const before = await rows();
      const report = await importInto();
      expect(report).to.include({ sessionsNew: 1, sessionsGrown: 0, messages: 1 });
      expect(report.conflicts).to.have.length(1);
      for (const word of [session, ...words]) expect(report.conflicts[0]).to.include(word);
      expect(await rows()).to.deep.equal(before);
      expect(await readRows(target, "select 1 as one from master")).to.have.length(2);
    }

    it("leaves it where a message says something else", async () => {
      await writeBoth(["a", "b"], ["a"]);
      await write(async (source) => {
        await source.submit(note("another text", "b"));
        await source.submit(note("text of c", "c"));
      });
      await expectConflict('message 3 ("b")', "something else");
    });

    it("leaves it where its setup says something else", async () => {
      await database.submit(setupWrite(session, "[common]\nparnames = [x]\n"));
      await write(async (source) => {
        await source.submit(setup);
        await source.submit(setupWrite(other));
      });
      await expectConflict("message 1", "something else");
    });

    it("leaves it where the messages came in another order", async () => {
      await writeBoth(["b", "a"], ["a", "b", "c"]);
      await expectConflict('message 3 ("b")', "another order");
    });

    it("leaves it where the database lacks a message before one that it has", async () => {
      await writeBoth(["a", "c"], ["a", "b", "c", "d"]);
      await expectConflict('lacks message 3 ("b")', 'message 4 ("c")');
    });
  });

  it("leaves whole sessions when it fails, and adds the rest the next time", async () => {
    await writeFull();
    const allow = await refuseRows(target, "config_data", "new.master_table_id = 2");
    await rejection(importInto());
    expect(await readRows(target, "select session_id from master")).to.deep.equal([{ session_id: session }]);
    await allow();
    expect(await importInto()).to.include({ sessionsNew: 1, sessionsUnchanged: 1 });
    expect(await readSessions(target)).to.deep.equal(await readSessions(file));
  });

  it("loses nothing of a session that another daemon writes to at the same time", async () => {
    const here = new Participant("json", session, "here");
    const served = await DaemonProcess.start(target);
    await here.begin(served.url);
    const [setup] = await readRows(target, "select message_contents from replay_data");
    const there = setupWrite(session);
    await write(async (source) => {
      await source.submit({
        ...there,
        message: { ...there.message, frame: setup?.["message_contents"] as Buffer },
      });
      const writes = Array.from({ length: 600 }, (_, index) => tellWrite(session, index, `there-${index}`));
      await Promise.all(writes.map((one) => source.submit(one)));
    });
    const telling = here.tellUntilLost(300);
    const report = await importInto();
    expect(report).to.deep.include({ sessionsGrown: 1, messages: 600, trials: 600, conflicts: [] });
    await telling;
    expect(here.acknowledged.size).to.equal(300);
    expect(await served.end("SIGTERM")).to.equal(0);
    await expectStoredOnce(target, [here]);
    const [counts] = await readRows(
      target,
      `select last_seq, (select count(*) from replay_data) as messages, (select count(*) from raw_data) as trials from master`,
    );
    expect(counts).to.deep.equal({ last_seq: 901, messages: 901, trials: 900 });
    const theirs = (await idsIn(target)).filter((id) => id.startsWith("there-"));
    expect(theirs).to.deep.equal(Array.from({ length: 600 }, (_, index) => `there-${index}`));
    expect(await importInto()).to.include({ sessionsUnchanged: 1 });
  });

  it("may be run twice at once", async () => {
    await writeFull();
    const second = await Store.open(target);
    const reports = await Promise.all([importInto(), importFile(second, file)]);
    await second.close();
    expect(reports[0].sessionsNew + reports[1].sessionsNew).to.equal(2);
    expect(await readSessions(target)).to.deep.equal(await readSessions(file));
  });

  describe("is refused", () => {
    it("where the database was opened to read, or is closed", async () => {
      await writeFull();
      const reader = await Database.open(target, { readOnly: true });
      await expectCode(reader.importFile(file), "read_only");
      await reader.close();
      await expectCode(reader.importFile(file), "read_only");
    });

    it("of a database on a server", () =>
      expectCode(importFile(database, "postgres://user:hunter2@localhost/lab"), "bad_address", "file"));

    it("of the database itself", async function () {
      if (database.path === undefined) this.skip();
      await expectCode(importInto(database.path), "bad_argument", database.path, "itself");
    });
  });

  async function idsIn(location: string): Promise<string[]> {
    const rows = await readRows(location, "select message_id from replay_data order by seq");
    return rows.map((row) => row["message_id"] as string);
  }
});
