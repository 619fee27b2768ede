import { randomUUID } from "node:crypto";
import { chmod, copyFile, mkdir, readFile, readdir, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { Store } from "../../src/database/index.js";
import { expectDerived } from "../support/checks/rebuild.js";
import { execute, readRows } from "../../harness/rows.js";
import { runCommand, startCommand } from "../../harness/run-command.js";
import { readSessions } from "../support/database/session-rows.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { until } from "../support/checks/until.js";
import { fixture } from "../support/files/vectors.js";
import { setupWrite, tellWrite } from "../support/database/writes.js";

const session = "aaaaaaaa-0000-4000-8000-000000000001";
const other = "bbbbbbbb-0000-4000-8000-000000000002";

describe("telltale import", () => {
  let folder: string;
  let db: string;
  let file: string;
  /** The folder for temporary files of the commands. */
  let temporary: string;

  beforeEach(async () => {
    folder = await temporaryFolder();
    db = join(folder, "test.db");
    file = join(folder, "lab.db");
    temporary = join(folder, "temporary");
    await mkdir(temporary);
  });

  const importing = (flags: readonly string[]) =>
    [["import", "--db", db, ...flags], { cwd: folder, env: { TMPDIR: temporary } }] as const;
  const runImport = (...files: string[]) => runCommand(...importing(files));

  async function write(path: string, sessions: readonly string[], tells = 1): Promise<void> {
    const database = await Store.open(path);
    await Promise.all(sessions.map((id) => database.submit(setupWrite(id))));
    const writes = sessions.flatMap((id) =>
      Array.from({ length: tells }, (_, index) => tellWrite(id, index)),
    );
    await Promise.all(writes.map((one) => database.submit(one)));
    await database.close();
  }

  const exists = (path: string) =>
    stat(path).then(
      () => true,
      () => false,
    );

  it("reports what each file added, and exits with 0", async () => {
    await copyFile(fixture("legacy/generation-1.db"), file);
    const second = join(folder, "second.db");
    await write(second, [session], 2);
    const { code, stdout, stderr } = await runImport(file, second);
    expect(stderr).to.equal("");
    expect(stdout).to.equal(
      `${file}: 3 sessions new, 0 grown, 0 unchanged; 25 messages and 14 trials added.\n` +
        "  Read from an upgraded copy; the file itself is unchanged: 14 trials derived, extra_data added to 0 trials, parameters or outcomes to 0, 0 tells underivable.\n" +
        "  replay_data 17: The message is kept as the pickle that AEPsych wrote: it holds a posix.system object.\n" +
        `${second}: 1 session new, 0 grown, 0 unchanged; 3 messages and 2 trials added.\n`,
    );
    expect(code).to.equal(0);
    expect(await readdir(temporary)).to.deep.equal([]);
  });

  it("says that nothing is new, and exits with 0", async () => {
    await write(file, [session]);
    await runImport(file);
    const { code, stdout } = await runImport(file);
    expect(stdout).to.equal(
      `${file}: 0 sessions new, 0 grown, 1 unchanged; 0 messages and 0 trials added.\n`,
    );
    expect(code).to.equal(0);
  });

  it("takes the database from the environment after its flag", async () => {
    await write(file, [session]);
    const { code } = await runCommand(["import", file], { env: { TELLTALE_DB: db } });
    expect(code).to.equal(0);
    expect(await readRows(db, "select session_id, source from master")).to.deep.equal([
      { session_id: session, source: "lab.db" },
    ]);
  });

  it("names the sessions that contradict the database, imports the others, and exits with 1", async () => {
    await write(db, [session]);
    await write(file, [session, other], 2);
    await execute(file, "update replay_data set message_id = 'mine' where seq = 2");
    await execute(db, "update replay_data set message_id = 'mine', message_type = 'note' where seq = 2");
    const { code, stdout, stderr } = await runImport(file);
    expect(code).to.equal(1);
    expect(stdout).to.include("1 session new, 0 grown, 0 unchanged, 1 in conflict; 3 messages");
    expect(stderr)
      .to.match(/^[^\n]+\n$/)
      .and.to.include(session)
      .and.to.include('"mine"');
  });

  it("finishes the work after it was killed", async () => {
    const sessions = Array.from({ length: 200 }, () => randomUUID());
    await write(file, sessions, 20);
    const { process: child, end } = startCommand(...importing([file]));
    const countSessions = async () => {
      const rows = await readRows(db, "select count(*) as n from master").catch(() => [{ n: 0 }]);
      return rows[0]?.["n"] as number;
    };
    await until(async () => (await countSessions()) > 0);
    child.kill("SIGKILL");
    await end;
    expect(child.signalCode).to.equal("SIGKILL");
    expect(await countSessions()).to.be.lessThan(200);
    const whole = await readRows(
      db,
      "select last_seq, count(*) as n from master join replay_data on master.unique_id = master_table_id group by master.unique_id",
    );
    for (const { last_seq, n } of whole) expect([last_seq, n]).to.deep.equal([21, 21]);
    const { code, stderr } = await runImport(file);
    expect(stderr).to.equal("");
    expect(code).to.equal(0);
    expect(await readSessions(db)).to.deep.equal(await readSessions(file));
    await expectDerived(db);
  });

  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    it(`leaves no copy behind after ${signal}`, async () => {
      await copyFile(fixture("legacy/generation-1.db"), file);
      const { process: child, end } = startCommand(...importing([file]));
      await until(async () => (await readdir(temporary)).length > 0);
      child.kill(signal);
      expect(await end).to.include({ code: 1, stderr: "" });
      expect(await readdir(temporary)).to.deep.equal([]);
      expect(await readFile(file)).to.deep.equal(await readFile(fixture("legacy/generation-1.db")));
    });
  }

  describe("refuses a file, and changes nothing,", () => {
    /** Expects that neither the file nor a good one before it is imported. */
    async function expectRefusal(bad: string, ...words: string[]): Promise<void> {
      const good = join(folder, "good.db");
      await write(good, [session]);
      const before = await readFile(bad).catch(() => undefined);
      const { code, stdout, stderr } = await runImport(good, bad);
      expect(stdout).to.equal("");
      for (const word of [bad, ...words, "Nothing was imported"]) expect(stderr).to.include(word);
      expect(stderr).not.to.match(/^\s+at /m);
      expect(stderr.split("\n")).to.have.length(3);
      expect(code).to.equal(1);
      expect(await exists(db)).to.equal(false);
      expect(await readFile(bad).catch(() => undefined)).to.deep.equal(before);
      expect(await readdir(temporary)).to.deep.equal([]);
    }

    it("when it does not exist", () => expectRefusal(file, "does not exist"));

    it("when it is a folder", () => expectRefusal(folder, "it is a folder"));

    it("when it may not be read", async function () {
      if (process.getuid?.() === 0) this.skip();
      await write(file, [other]);
      await chmod(file, 0o000);
      await expectRefusal(file, "cannot be opened", "rights");
    });

    it("when it is empty", async () => {
      await writeFile(file, "");
      await expectRefusal(file, "is empty");
    });

    it("when it is not a database", async () => {
      await writeFile(file, "participant,trial\n".repeat(100));
      await expectRefusal(file, "not a SQLite database");
    });

    it("when another program wrote it", async () => {
      await execute(file, "create table places (id integer primary key)");
      await expectRefusal(file, "another program");
    });

    for (const [writer, make] of [
      ["AEPsych", () => copyFile(fixture("legacy/generation-2.db"), file)],
      ["telltale", () => write(file, [other], 400)],
    ] as const) {
      it(`when it was cut short, written by ${writer}`, async () => {
        await make();
        await truncate(file, Math.floor((await stat(file)).size / 8192) * 4096);
        await expectRefusal(file, "damaged");
      });
    }

    it("when a newer telltale wrote it", async () => {
      await write(file, [other]);
      await execute(
        file,
        "insert into migrations (timestamp, name) values (9999999999999, 'Later9999999999999')",
      );
      await expectRefusal(file, "newer telltale", "Later9999999999999");
    });
  });

  it("refuses the database itself, and changes nothing", async () => {
    await write(db, [session]);
    const before = await readFile(db);
    const { code, stderr } = await runImport(join(folder, ".", "test.db"));
    expect(stderr).to.equal(
      `${db} is the database itself; name another file, or another database with --db.\n`,
    );
    expect(code).to.equal(1);
    expect(await readFile(db)).to.deep.equal(before);
  });

  it("refuses the address of a server as a file, without its password", async () => {
    const { code, stderr } = await runImport("postgres://user:hunter2@localhost/lab");
    expect(stderr).to.include("Only SQLite files").and.not.to.include("hunter2");
    expect(code).to.equal(1);
  });

  describe("refuses a database", () => {
    beforeEach(() => write(file, [session]));

    it("that AEPsych wrote, with the command to run", async () => {
      await copyFile(fixture("legacy/generation-1.db"), db);
      const { code, stderr } = await runImport(file);
      expect(stderr).to.include(`telltale migrate ${db}`);
      expect(code).to.equal(1);
      expect(await readFile(db)).to.deep.equal(await readFile(fixture("legacy/generation-1.db")));
    });

    it("that another program wrote", async () => {
      await execute(db, "create table places (id integer primary key)");
      const before = await readFile(db);
      const { code, stderr } = await runImport(file);
      expect(stderr).to.include("another program");
      expect(code).to.equal(1);
      expect(await readFile(db)).to.deep.equal(before);
    });

    it("that cannot be reached, without its password", async () => {
      const address = "postgres://user:hunter2@127.0.0.1:1/lab";
      const { code, stdout, stderr } = await runCommand(["import", file, "--db", address]);
      expect(stderr).to.include("cannot be reached").and.not.to.include("hunter2");
      expect([code, stdout]).to.deep.equal([1, ""]);
    });
  });

  it("refuses to run without a file", async () => {
    const { code, stderr } = await runImport();
    expect(stderr).to.include("missing required argument");
    expect(code).to.equal(1);
    expect((await runImport("")).stderr).to.include("must not be empty");
  });
});
