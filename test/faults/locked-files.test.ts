import { copyFile, readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { Store } from "../../src/database/index.js";
import { allowDifference } from "../support/checks/rebuild.js";
import { runCommand } from "../../harness/run-command.js";
import { execute } from "../../harness/rows.js";
import { holdOpen } from "../../harness/sqlite-rows.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { legacyFile } from "../../harness/upgrade/undisturbed-upgrade.js";
import { setupWrite, tellWrite } from "../support/database/writes.js";

describe("a file that another program uses", () => {
  let path: string;

  beforeEach(async () => {
    path = join(await temporaryFolder(), "lab.db");
  });

  /** Holds the file while a command runs that must fail with one sentence, and change nothing. */
  async function expectRefusal(held: string, flags: readonly string[], ...words: string[]): Promise<void> {
    // Looked at before and after: reading a file lets go of the locks that this process has on it.
    const before = await readFile(path);
    const letGo = await holdOpen(path, held);
    const { code, stderr } = await runCommand(flags);
    expect(stderr).to.match(/^[^\n]+\n$/);
    for (const word of words) expect(stderr).to.include(word);
    expect(code).to.equal(1);
    expect(await readdir(join(path, ".."))).not.to.include("lab.backup.db");
    await letGo();
    expect(await readFile(path)).to.deep.equal(before);
  }

  describe("written by AEPsych", () => {
    beforeEach(() => copyFile(legacyFile(1), path));

    for (const lock of ["immediate", "exclusive"]) {
      it(`is upgraded only after the lock is released (${lock})`, async () => {
        await expectRefusal(`begin ${lock}`, ["migrate", path], path, "locked by another program");
        expect((await runCommand(["migrate", path])).code).to.equal(0);
      });
    }

    it("is not upgraded while another program has its write-ahead log open", async () => {
      await execute(path, "pragma journal_mode = wal");
      await expectRefusal("select 1 from master", ["migrate", path], path, "locked by another program");
      expect((await runCommand(["migrate", path])).code).to.equal(0);
    });

    it("is not served while it is locked", () =>
      expectRefusal(
        "begin exclusive",
        ["serve", "--db", path, "--port", "0"],
        path,
        "locked by another program",
      ));
  });

  describe("written by telltale", () => {
    beforeEach(async () => {
      const database = await Store.open(path);
      await database.submit(setupWrite("s1"));
      await database.submit(tellWrite("s1", 1));
      await database.close();
      await execute(path, "update outcome_data set outcome_value = 2");
    });

    it("is compared but not rebuilt while it is locked", async () => {
      allowDifference("it spoils an outcome for rebuild to find");
      await expectRefusal("begin immediate", ["rebuild", "--all", "--db", path], "locked by another program");
      const letGo = await holdOpen(path, "begin immediate");
      const { code, stderr } = await runCommand(["rebuild", "--all", "--check", "--db", path]);
      expect([code, stderr]).to.deep.equal([2, ""]);
      await letGo();
    });
  });
});
