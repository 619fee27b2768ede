import { chmod, copyFile, mkdir, readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { Store } from "../../src/database/index.js";
import { runCommand } from "../../harness/run-command.js";
import { holdOpen } from "../../harness/sqlite-rows.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { legacyFile } from "../../harness/upgrade/undisturbed-upgrade.js";
import { setupWrite, tellWrite } from "../support/database/writes.js";

/** The user that has no rights to speak of, for root has all. */
const nobody = process.getuid?.() === 0 ? { uid: 65534 } : {};

describe("a file with few permissions", () => {
  let folder: string;
  let path: string;

  before(async function () {
    const { code } = await runCommand(["--version"], nobody).catch(() => ({ code: undefined }));
    // Windows has no such rights; and where telltale itself lies, nobody may have none.
    if (process.platform === "win32" || code !== 0) this.skip();
  });

  beforeEach(async () => {
    const outer = await temporaryFolder();
    await chmod(outer, 0o755);
    folder = join(outer, "lab");
    await mkdir(folder);
    path = join(folder, "lab.db");
  });

  afterEach(() => chmod(folder, 0o755));

  const makeLegacy = () => copyFile(legacyFile(1), path);

  async function makeOurs(): Promise<void> {
    const database = await Store.open(path);
    await database.submit(setupWrite("s1"));
    await database.submit(tellWrite("s1", 1));
    await database.close();
  }

  async function setRights(ofFolder: number, ofFile: number): Promise<void> {
    await chmod(path, ofFile);
    await chmod(folder, ofFolder);
  }

  /** What a command must not change. */
  async function look(): Promise<unknown> {
    // A reader that may makes a log beside the file.
    const names = (await readdir(folder)).filter((name) => !/-(wal|shm)$/.test(name));
    return [names, await readFile(path)];
  }

  async function expectRefusal(flags: readonly string[], ...words: string[]): Promise<void> {
    const before = await look();
    const { code, stderr } = await runCommand(flags, nobody);
    expect(stderr).to.match(/^[^\n]+\n$/);
    for (const word of [path, ...words]) expect(stderr).to.include(word);
    expect(code).to.equal(1);
    expect(await look()).to.deep.equal(before);
  }

  const rights = [
    ["that it may only read", 0o777, 0o444, "may not write to it"],
    ["in a folder that it may only read", 0o555, 0o666, "may not write in its folder"],
    ["that it may not even read", 0o777, 0o000, "may not"],
  ] as const;
  for (const [what, ofFolder, ofFile, words] of rights) {
    it(`is not upgraded, a file ${what}`, async () => {
      await makeLegacy();
      await setRights(ofFolder, ofFile);
      await expectRefusal(["migrate", path], words);
    });

    it(`is not served, a file ${what}`, async () => {
      await makeOurs();
      await setRights(ofFolder, ofFile);
      await expectRefusal(["serve", "--db", path, "--port", "0"], words);
    });

    it(`is not rebuilt, a file ${what}`, async () => {
      await makeOurs();
      await setRights(ofFolder, ofFile);
      await expectRefusal(["rebuild", "--all", "--db", path], words);
    });
  }

  it("is not created in a folder that is not writable", async () => {
    await chmod(folder, 0o555);
    const { code, stderr } = await runCommand(["serve", "--db", path, "--port", "0"], nobody);
    expect([code, stderr]).to.deep.equal([
      1,
      `${path} cannot be written: this user may not write in its folder, ${folder}; check the permissions.\n`,
    ]);
    expect(await stat(path).catch(() => undefined)).to.equal(undefined);
  });

  for (const [what, make] of [
    ["that telltale wrote", makeOurs],
    ["that AEPsych wrote", makeLegacy],
  ] as const) {
    it(`is read in a read-only folder, a file ${what}`, async () => {
      await make();
      await setRights(0o555, 0o444);
      const before = await look();
      const isOurs = make === makeOurs;
      const flags = isOurs ? ["rebuild", "--all", "--check", "--db", path] : ["migrate", "--dry-run", path];
      const { code, stderr } = await runCommand(flags, nobody);
      expect([code, stderr]).to.deep.equal([0, ""]);
      expect(await look()).to.deep.equal(before);
    });
  }

  it("is refused if its write-ahead log cannot be read without more permissions", async () => {
    const original = join(await temporaryFolder(), "lab.db");
    await copyFile(legacyFile(1), original);
    const letGo = await holdOpen(original, "pragma journal_mode = wal");
    const database = await holdOpen(original, "create table songs (title text)");
    for (const end of ["", "-wal"]) await copyFile(`${original}${end}`, `${path}${end}`);
    await Promise.all([letGo(), database()]);
    await setRights(0o555, 0o444);
    await expectRefusal(["migrate", "--dry-run", path], "-wal file");
  });
});
