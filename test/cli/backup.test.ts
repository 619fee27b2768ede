import { chmod, readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { Database } from "../../src/index.js";
import { Participant, expectStoredOnce } from "../support/client/participant.js";
import { makeReadyPostgresDatabase } from "../../harness/postgres/test-databases.js";
import { execute, readRows } from "../../harness/rows.js";
import { DaemonProcess } from "../../harness/daemon-process.js";
import { runCommand, startCommand } from "../../harness/run-command.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { allowDifference } from "../support/checks/rebuild.js";
import { until } from "../support/checks/until.js";

describe("telltale backup", () => {
  let db: string;
  let folder: string;
  let path: string;

  beforeEach(async () => {
    db = join(await temporaryFolder(), "lab.db");
    folder = await temporaryFolder();
    path = join(folder, "backup.db");
  });

  const run = (...flags: string[]) => runCommand(["backup", "--db", db, ...flags], { cwd: folder });

  /** A session with so many tells of a number of trials each. */
  async function write(tells = 1, trials = 2): Promise<void> {
    const database = await Database.open(db);
    const master = await database.recordSetup({ name: "contrast" });
    const many = Array.from({ length: trials }, (_, trial) => trial);
    for (let tell = 0; tell < tells; tell += 1)
      await database.recordMessage(master, "tell", { message: { config: { x: many }, outcome: many } });
    await database.close();
  }

  async function expectRefusal(flags: readonly string[], ...words: string[]): Promise<void> {
    const before = [await readdir(folder), await readFile(db)];
    const { code, stdout, stderr } = await run(...flags);
    expect(stderr).to.match(/^[^\n]+\n$/);
    for (const word of words) expect(stderr).to.include(word);
    expect(stdout).to.equal("");
    expect(code).to.equal(1);
    expect([await readdir(folder), await readFile(db)]).to.deep.equal(before);
  }

  it("copies every row to one file, reports it, and leaves nothing else", async () => {
    await write();
    const { code, stdout, stderr } = await run("backup.db");
    expect(stderr).to.equal(`${path} holds 1 session, 2 messages, 2 trials; the copy was verified.\n`);
    expect([code, stdout]).to.deep.equal([0, ""]);
    expect(await readdir(folder)).to.deep.equal(["backup.db"]);
  });

  it("copies a database that a daemon has open", async () => {
    const participant = new Participant("json");
    const served = await DaemonProcess.start(db);
    await participant.begin(served.url);
    await participant.tellUntilLost(10);
    const { code, stderr } = await run("backup.db");
    expect(stderr).to.equal(`${path} holds 1 session, 11 messages, 10 trials; the copy was verified.\n`);
    expect(code).to.equal(0);
    await participant.finish();
    expect(await served.end("SIGTERM")).to.equal(0);
    await expectStoredOnce(path, [participant]);
  });

  it("replaces no file without --force", async () => {
    await write();
    await writeFile(path, "mine");
    await expectRefusal(["backup.db"], path, "already exists", "--force");
    expect((await run("backup.db", "--force")).code).to.equal(0);
    expect(await readRows(path, "select count(*) as n from master")).to.deep.equal([{ n: 1 }]);
  });

  it("copies a database that was changed by hand, and warns of its stray rows", async () => {
    await write();
    await execute(db, "pragma foreign_keys = off; delete from raw_data where unique_id = 1");
    const { code, stderr } = await run("backup.db");
    expect(stderr).to.match(
      / 1 trial; the copy was verified\.\nWarning: 2 rows have no parent row, in the database /,
    );
    expect(stderr).to.match(
      /refer to rows of raw_data that are missing.*\n.*\d problems found in the database/s,
    );
    expect(code).to.equal(2);
    // What the file held is put back, for every test's trials are compared with its messages.
    await execute(db, "delete from param_data; delete from outcome_data; delete from raw_data");
    await execute(path, "delete from param_data; delete from outcome_data; delete from raw_data");
    await Promise.all([db, path].map((file) => runCommand(["rebuild", "--all", "--db", file])));
  });

  it("verifies what it has copied, and replaces no older backup by a changed message", async () => {
    allowDifference("the test changes a row");
    await write();
    expect((await run("backup.db")).code).to.equal(0);
    const older = await readFile(path);
    await execute(db, "update replay_data set timestamp = '2020' where seq = 2");
    const refused = await run("backup.db", "--force");
    expect(refused.stderr).to.match(/Message 2 .* does not match its digest.* Restore it from a backup\.\n/);
    expect(refused.stderr).to.include(`${path} was not replaced`);
    expect(refused.code).to.equal(2);
    expect(await readFile(path)).to.deep.equal(older);
    const other = await run("other.db");
    expect(other.stderr).to.match(/other\.db holds 1 session, 2 messages.*\n.*Message 2 .* problem/s);
    expect(other.code).to.equal(2);
    expect((await readdir(folder)).sort()).to.deep.equal(["backup.db", "other.db"]);
  });

  it("says how to back up a PostgreSQL database", async () => {
    const location = await makeReadyPostgresDatabase();
    const { code, stderr } = await runCommand(["backup", path, "--db", location]);
    expect(stderr).to.match(/^[^\n]+\n$/);
    expect(stderr).to.include("pg_dump").and.include(path).and.not.include(new URL(location).password);
    expect(code).to.equal(1);
    expect(await readdir(folder)).to.deep.equal([]);
  });

  it("says that permission to write is denied", async function () {
    const nobody = process.getuid?.() === 0 ? { uid: 65534 } : {};
    const { code: ran } = await runCommand(["--version"], nobody).catch(() => ({ code: undefined }));
    if (process.platform === "win32" || ran !== 0) this.skip();
    await write();
    await chmod(dirname(db), 0o777);
    await chmod(db, 0o666);
    await chmod(folder, 0o555);
    const { code, stderr } = await runCommand(["backup", path, "--db", db], nobody);
    await chmod(folder, 0o755);
    expect(stderr).to.equal(`${path} cannot be written: permission is denied.\n`);
    expect(code).to.equal(1);
  });

  describe("when it is stopped", () => {
    const begin = async () => {
      await write(12, 10_000);
      const started = startCommand(["backup", path, "--db", db]);
      await until(async () => (await readdir(folder)).length > 0);
      return started;
    };

    for (const [signal, code] of [
      ["SIGINT", 130],
      ["SIGTERM", 143],
      ["SIGHUP", 129],
    ] as const) {
      it(`leaves nothing after ${signal}, says so, and exits with ${code}`, async () => {
        const { process: child, end } = await begin();
        child.kill(signal);
        expect(await end).to.deep.equal({ code, stdout: "", stderr: "Stopped; nothing was written.\n" });
        expect(await readdir(folder)).to.deep.equal([]);
      });
    }

    it("leaves only a file marked as partial when it is killed, and can be repeated", async () => {
      const { process: child, end } = await begin();
      child.kill("SIGKILL");
      await end;
      for (const name of await readdir(folder))
        expect(name).to.match(/^backup\.db\.telltale-partial-[0-9a-f]{8}(-journal)?$/);
      expect((await run("backup.db")).code).to.equal(0);
      expect(await readRows(path, "select count(*) as n from raw_data")).to.deep.equal([{ n: 120_000 }]);
    });
  });
});
