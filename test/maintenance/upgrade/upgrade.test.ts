import { chmod, copyFile, readFile, readdir, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { Database, Master, Raw } from "../../../src/index.js";
import { withMigrations } from "../../support/database/data-source.js";
import { checkSessions } from "../../../harness/check-sessions.js";
import { rejection } from "../../support/checks/rejection.js";
import { execute, readRows } from "../../../harness/rows.js";
import { runCommand, startCommand } from "../../../harness/run-command.js";
import { temporaryFolder } from "../../../harness/temporary-folder.js";

const fixtures = fileURLToPath(new URL("../../../../test/fixtures/legacy", import.meta.url));

describe("An upgrade of a file that AEPsych wrote", () => {
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await temporaryFolder();
    path = join(folder, "lab.db");
  });

  for (const generation of [0, 1, 2, 3]) {
    describe(`of generation ${generation}`, () => {
      beforeEach(() => copyFile(join(fixtures, `generation-${generation}.db`), path));

      it("is made by telltale migrate, with a backup", async () => {
        const [before] = await readRows(path, "select count(*) as n from replay_data");
        const { code, stdout, stderr } = await runCommand(["migrate", path]);
        expect(stderr).to.equal("");
        expect(code).to.equal(0);
        expect(stdout).to.include(`generation ${generation}`).and.to.include(join(folder, "lab.backup.db"));
        expect(await readRows(path, "select count(*) as n from replay_data")).to.deep.equal([before]);
        const [backup] = await readRows(
          join(folder, "lab.backup.db"),
          "select count(*) as n from replay_data",
        );
        expect(backup).to.deep.equal(before);
        expect(await readRows(path, "select 1 from master where rebuild_due")).to.deep.equal([]);
        for (const session of await checkSessions(path)) expect(session.isDifferent).to.equal(false);
        expect(await readRows(path, "pragma foreign_key_check")).to.deep.equal([]);
        expect(await readRows(path, "pragma integrity_check")).to.deep.equal([{ integrity_check: "ok" }]);
      });

      it("changes nothing the second time", async () => {
        await runCommand(["migrate", path]);
        const before = await readFile(path);
        const { code, stdout } = await runCommand(["migrate", path]);
        expect(code).to.equal(0);
        expect(stdout).to.include("Nothing to do.");
        expect(await readFile(path)).to.deep.equal(before);
        expect((await readdir(folder)).sort()).to.include.members(["lab.backup.db", "lab.db"]);
        expect(await readdir(folder)).not.to.include("lab.backup-2.db");
      });

      it("changes nothing in a dry run", async () => {
        const before = await readFile(path);
        const { code, stdout } = await runCommand(["migrate", "--dry-run", path]);
        expect(code).to.equal(0);
        expect(stdout).to.include("BecomeTelltale");
        expect(await readFile(path)).to.deep.equal(before);
        expect(await readdir(folder)).not.to.include("lab.backup.db");
      });

      it("is made by performUpdates, after which a program can read and write the file", async () => {
        const database = await Database.open(path);
        expect(await database.isUpdateRequired()).to.equal(true);
        expect(await Raw.requiresUpdate(database.getEngine())).to.equal(true);
        const report = await database.performUpdates();
        expect(report?.plan.generation).to.equal(generation);
        expect(await database.isUpdateRequired()).to.equal(false);
        expect(await Master.requiresUpdate(database.getEngine())).to.equal(false);
        expect(await database.performUpdates()).to.equal(undefined);
        const [master] = await database.getMasterRecords();
        const seq = master!.lastSeq;
        const told = await database.recordMessage(master!, "tell", {
          message: { config: { x1: [0.5], x2: [0.5] }, outcome: 1 },
        });
        expect(told).to.include({ seq: seq + 1, derivationError: null });
        expect(await database.getStratsFor(master!.uniqueId)).to.have.length.of.at.least(1);
        await database.close();
      });
    });
  }

  it("is finished if it was stopped before the trials were derived", async () => {
    await copyFile(join(fixtures, "generation-1.db"), path);
    await runCommand(["migrate", path]);
    const trials = await readRows(path, "select count(*) as n from raw_data");
    const database = await Database.open(path);
    await database.sessionScope(async (manager) => {
      for (const table of ["param_data", "outcome_data", "raw_data"])
        await manager.query(`delete from ${table}`);
      await manager.query("update master set rebuild_due = 1");
    });
    await database.close();
    const served = await runCommand(["serve", "--db", path, "--port", "0"]);
    expect(served.stderr).to.include(`telltale migrate ${path}`);
    expect(served.code).to.equal(1);
    expect((await runCommand(["migrate", path])).stdout).to.include("did not finish");
    expect(await readRows(path, "select count(*) as n from raw_data")).to.deep.equal(trials);
  });

  it("exits with 2 where trials do not match their tells, which it says in one line for all sessions", async () => {
    await copyFile(join(fixtures, "generation-2.db"), path);
    await execute(path, "update param_data set param_value = '7'");
    const { code, stdout } = await runCommand(["migrate", path]);
    expect(stdout.match(/Kept: /g)).to.have.length(1);
    expect(stdout).to.match(
      /Kept: \d+ trials without a message, whose values are not those of their tells, in 2 sessions; the first in session [0-9a-f-]+: message \d+: parameter "x1" is "7", not /,
    );
    expect(code).to.equal(2);
    const check = await runCommand(["rebuild", "--db", path, "--all", "--check"]);
    expect(check.stdout.match(/Kept: /g)).to.have.length(1);
    expect(check.stdout).to.include("2 sessions compared, 0 would change.");
    expect(check.code).to.equal(2);
    expect((await runCommand(["rebuild", "--db", path, "--all"])).code).to.equal(0);
  });

  it("does not replace an earlier backup", async () => {
    await copyFile(join(fixtures, "generation-0.db"), path);
    await writeFile(join(folder, "lab.backup.db"), "kept");
    const { stdout } = await runCommand(["migrate", path]);
    expect(stdout).to.include("lab.backup-2.db");
    expect(await readFile(join(folder, "lab.backup.db"), "utf8")).to.equal("kept");
  });

  it("is made once for a program that asks twice and closes the database at once", async () => {
    await copyFile(join(fixtures, "generation-2.db"), path);
    const database = await Database.open(path);
    const updates = [database.performUpdates(), database.performUpdates()];
    await database.close();
    const [first, second] = await Promise.all(updates);
    expect(second).to.equal(first);
    expect(await readdir(folder)).to.have.members(["lab.backup.db", "lab.db"]);
    expect(await rejection(database.performUpdates())).to.have.property("code", "closed");
  });

  it("distinguishes a file that an older telltale wrote", async () => {
    await withMigrations(path, 5, () => Promise.resolve());
    const { code, stdout } = await runCommand(["migrate", path]);
    expect(code).to.equal(0);
    expect(stdout).to.include("older telltale").and.to.include("AddViews").and.not.to.include("AEPsych");
  });

  it("completes although the output is closed", async () => {
    await copyFile(join(fixtures, "generation-2.db"), path);
    const { process, end } = startCommand(["migrate", path]);
    process.stdout!.destroy();
    expect(await end).to.deep.equal({ code: 0, stdout: "", stderr: "" });
    expect(await readRows(path, "select 1 from master where rebuild_due")).to.deep.equal([]);
  });

  it("gives the backup the permissions of the file", async () => {
    await copyFile(join(fixtures, "generation-0.db"), path);
    await chmod(path, 0o600);
    await runCommand(["migrate", path]);
    expect((await stat(join(folder, "lab.backup.db"))).mode & 0o777).to.equal(0o600);
  });

  describe("is refused, and changes nothing,", () => {
    async function expectRefusal(file: string, ...words: string[]): Promise<void> {
      const { code, stdout, stderr } = await runCommand(["migrate", file]);
      expect(stdout).to.equal("");
      for (const word of words) expect(stderr).to.include(word);
      expect(stderr).not.to.match(/^\s+at /m);
      expect(code).to.equal(1);
    }

    it("where there is no file", () => expectRefusal(path, path));

    it("of a folder", () => expectRefusal(folder, "folder"));

    it("of an empty file", async () => {
      await writeFile(path, "");
      await expectRefusal(path, "empty");
    });

    it("of a file that is not a database", async () => {
      await writeFile(path, "participant,trial\n".repeat(100));
      await expectRefusal(path, "not a SQLite database");
    });

    it("of a file with an id beyond the integers of a double", async () => {
      await copyFile(join(fixtures, "generation-1.db"), path);
      await execute(path, "update replay_data set unique_id = 9007199254740993 where unique_id = 2");
      const { code, stderr } = await runCommand(["migrate", path]);
      expect(stderr)
        .to.include("too large for telltale")
        .and.not.to.match(/^\s+at /m);
      expect(code).to.equal(1);
      expect(
        await readRows(path, "select count(*) as n from replay_data where unique_id > 9e15"),
      ).to.deep.equal([{ n: 1 }]);
    });

    it("of a truncated file", async () => {
      await copyFile(join(fixtures, "generation-2.db"), path);
      await truncate(path, 12_288);
      const before = await readFile(path);
      await expectRefusal(path, path);
      expect(await readFile(path)).to.deep.equal(before);
    });

    it("of a database on a server", () =>
      expectRefusal("postgres://user:hunter2@localhost/lab", "Only files"));
  });
});
