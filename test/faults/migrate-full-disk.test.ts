import { copyFile, readFile, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { DatabaseError } from "../../src/database/index.js";
import { upgradeFile } from "../../src/maintenance/index.js";
import { runCommand } from "../../harness/run-command.js";
import { SmallDisk } from "../../harness/small-disk.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import {
  expectFinished,
  expectWhole,
  legacyFile,
  upgradeUndisturbed,
} from "../../harness/upgrade/undisturbed-upgrade.js";

const stepBytes = 16 * 1024;
const ampleBytes = 16 * 1024 * 1024;

describe("an upgrade on a disk that gets full", () => {
  let disk: SmallDisk | undefined;

  beforeEach(async function () {
    disk = SmallDisk.mount(join(await temporaryFolder(), "disk"), ampleBytes);
    if (disk === undefined) this.skip();
  });

  afterEach(() => {
    disk?.unmount();
    disk = undefined;
  });

  it("leaves an intact file at any amount of free space, reports the failure, and completes once there is space", async () => {
    const undisturbed = await upgradeUndisturbed(1);
    const path = join(disk!.folder, "lab.db");
    const reached = new Set<number>();
    let isDone = false;
    for (let size = (await stat(legacyFile(1))).size; !isDone; size += stepBytes) {
      const what = `${size} bytes`;
      disk!.resize(ampleBytes);
      for (const name of await readdir(disk!.folder)) await rm(join(disk!.folder, name));
      await copyFile(legacyFile(1), path);
      disk!.resize(size);
      const failure = await upgradeFile(path, () => undefined).then(
        () => undefined,
        (error: unknown) => error,
      );
      disk!.resize(ampleBytes);
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
    // Among others: when the backup had no room, and after some migrations.
    expect(reached).to.include(0);
    expect(reached.size).to.be.at.least(3);
  });

  it("is refused by telltale migrate with one sentence, without changes, if the backup does not fit", async () => {
    const path = join(disk!.folder, "lab.db");
    await copyFile(legacyFile(1), path);
    const before = await readFile(path);
    disk!.resize(before.length + stepBytes);
    const { code, stderr } = await runCommand(["migrate", path]);
    expect(stderr).to.match(
      /^The backup [^\n]* cannot be made, and nothing was changed: the disk is full[^\n]*\.\n$/,
    );
    expect(code).to.equal(1);
    expect(await readFile(path)).to.deep.equal(before);
    expect(await readdir(disk!.folder)).to.deep.equal(["lab.db"]);
  });
});
