import { execFileSync } from "node:child_process";
import { copyFile, mkdir, readFile, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { DatabaseError, upgradeFile } from "../../src/database/index.js";
import { runCommand } from "../support/served.js";
import { temporaryFolder } from "../support/temporary.js";
import {
  expectFinished,
  expectWhole,
  legacyFile,
  upgradeUndisturbed,
} from "../support/undisturbed-upgrade.js";

const stepBytes = 16 * 1024;
const ampleBytes = 16 * 1024 * 1024;

describe("an upgrade on a disk that gets full", () => {
  let disk: string | undefined;

  const mount = (...options: string[]) =>
    execFileSync("mount", ["-t", "tmpfs", ...options], { stdio: "ignore" });
  const resize = (bytes: number) => {
    mount("-o", `remount,size=${bytes}`, disk!);
  };

  beforeEach(async function () {
    const folder = join(await temporaryFolder(), "disk");
    await mkdir(folder);
    try {
      mount("-o", `size=${ampleBytes}`, "tmpfs", folder);
      disk = folder;
    } catch {
      // Only root on Linux may make a disk of its own.
      this.skip();
    }
  });

  afterEach(() => {
    if (disk !== undefined) execFileSync("umount", [disk]);
    disk = undefined;
  });

  it("leaves a whole file however much room there was, says so, and is finished when there is room", async () => {
    const undisturbed = await upgradeUndisturbed(1);
    const path = join(disk!, "lab.db");
    const reached = new Set<number>();
    let isDone = false;
    for (let size = (await stat(legacyFile(1))).size; !isDone; size += stepBytes) {
      const what = `${size} bytes`;
      resize(ampleBytes);
      for (const name of await readdir(disk!)) await rm(join(disk!, name));
      await copyFile(legacyFile(1), path);
      resize(size);
      const failure = await upgradeFile(path, () => undefined).then(
        () => undefined,
        (error: unknown) => error,
      );
      resize(ampleBytes);
      isDone = failure === undefined;
      reached.add(await expectWhole(path, undisturbed, what));
      if (!isDone) {
        expect(failure, what).to.be.instanceOf(DatabaseError);
        expect((failure as Error).message, what).to.match(/full/);
      }
      // Where it was done without room to empty the log, that is left to do.
      await upgradeFile(path, () => undefined);
      await expectFinished(path, undisturbed, what);
    }
    // Among others: when the backup had no room, and after some stairs.
    expect(reached).to.include(0);
    expect(reached.size).to.be.at.least(3);
  }).timeout(120_000);

  it("is refused by telltale migrate in a sentence, and changes nothing, where the backup has no room", async () => {
    const path = join(disk!, "lab.db");
    await copyFile(legacyFile(1), path);
    const before = await readFile(path);
    resize(before.length + stepBytes);
    const { code, stderr } = await runCommand(["migrate", path]);
    expect(stderr).to.match(
      /^The backup [^\n]* cannot be made, and nothing was changed: the disk is full[^\n]*\.\n$/,
    );
    expect(code).to.equal(1);
    expect(await readFile(path)).to.deep.equal(before);
    expect(await readdir(disk!)).to.deep.equal(["lab.db"]);
  });
});
