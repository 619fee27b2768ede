import { readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { Store } from "../../src/database/index.js";
import { execute } from "../../harness/rows.js";
import { runCommand } from "../../harness/run-command.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { allowDifference } from "../support/checks/rebuild.js";
import { setupWrite, tellWrite } from "../support/database/writes.js";

const first = "aaaaaaaa-0000-4000-8000-000000000001";
const second = "aaaabbbb-0000-4000-8000-000000000002";

describe("telltale verify", () => {
  let folder: string;
  let db: string;

  beforeEach(async () => {
    folder = await temporaryFolder();
    db = join(folder, "test.db");
    const database = await Store.open(db);
    for (const session of [first, second]) {
      await database.submit(setupWrite(session));
      for (let tell = 0; tell < 100; tell += 1) await database.submit(tellWrite(session, tell));
    }
    await database.close();
  });

  const verify = (...flags: string[]) => runCommand(["verify", "--db", db, ...flags], { cwd: folder });

  it("says that nothing is wrong, and exits with 0", async () => {
    expect(await verify("--all")).to.deep.include({
      code: 0,
      stdout: "2 sessions with 202 messages verified; nothing is wrong.\n",
      stderr: "",
    });
    expect((await verify("aaaab")).stdout).to.equal(
      "1 session with 101 messages verified; nothing is wrong.\n",
    );
  });

  it("verifies a backup", async () => {
    const backup = join(folder, "backup.db");
    expect((await runCommand(["backup", "--db", db, backup], { cwd: folder })).code).to.equal(0);
    expect((await runCommand(["verify", "--db", backup, "--all"], { cwd: folder })).code).to.equal(0);
  });

  it("says what is wrong, where, and what to do, and exits with 2", async () => {
    allowDifference("the test changes rows");
    await execute(
      db,
      "update replay_data set timestamp = 'x' where unique_id = 7; update outcome_data set outcome_value = 9 where unique_id = 3",
    );
    const { code, stdout } = await verify("--all");
    expect(code).to.equal(2);
    expect(stdout).to.match(
      new RegExp(`^${first}: Message 7 .*changed\\. Restore it from a backup\\.$`, "m"),
    );
    expect(stdout).to.match(new RegExp(`^${first}: .*outcome.* telltale rebuild mends it\\.$`, "m"));
    expect((await verify(second)).code).to.equal(0);
  });

  it("exits with 2 for a file whose pages are damaged, cut off or overwritten", async () => {
    const whole = await readFile(db);
    const damages = [
      () => truncate(db, whole.length - 20_000),
      () => writeFile(db, Buffer.concat([Buffer.alloc(100, 7), whole.subarray(100)])),
      () => writeFile(db, Buffer.concat([whole.subarray(0, 4096), Buffer.alloc(4096), whole.subarray(8192)])),
    ];
    for (const damage of damages) {
      await damage();
      const { code, stdout, stderr } = await verify("--all");
      expect(code, stdout + stderr).to.equal(2);
      await writeFile(db, whole);
    }
  });

  it("exits with 1 for what cannot be verified", async () => {
    expect(await verify()).to.include({ code: 1 });
    expect(await verify("zzz")).to.include({ code: 1 });
    expect((await runCommand(["verify", "--db", "missing.db", "--all"], { cwd: folder })).code).to.equal(1);
  });
});
