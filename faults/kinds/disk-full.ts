import { closeSync, mkdtempSync, openSync, rmdirSync, writeSync } from "node:fs";
import { rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SmallDisk } from "../../harness/small-disk.js";
import type { Fault } from "../fault.js";
import { Findings } from "../findings.js";
import type { Laboratory } from "../laboratory.js";
import { runRounds } from "../run-rounds.js";

const diskBytes = 96 * 1024 * 1024;
/** The space that the ballast leaves free; the load fills it in less than a second. */
const leftBytes = 1024 * 1024;
const fullWithinMs = 60_000;

export const diskFull: Fault = {
  name: "disk-full",
  title: "disk full",
  how: "ballast on a small tmpfs until messages fail, taken away while it runs, then kill -9",
  rounds: 50,
  whyNot: () => {
    const folder = mkdtempSync(join(tmpdir(), "telltale-disk-"));
    const disk = SmallDisk.mount(folder, leftBytes);
    disk?.unmount();
    rmdirSync(folder);
    return disk === undefined ? "only root on Linux may make a disk of its own" : undefined;
  },
  run: async (context) => {
    const folder = join(context.folder, "small-disk");
    const disk = SmallDisk.mount(folder, diskBytes);
    if (disk === undefined) return new Findings();
    try {
      return await runRounds({ ...context, folder }, {}, fillAndFree);
    } finally {
      disk.unmount();
    }
  },
};

async function fillAndFree(laboratory: Laboratory): Promise<void> {
  const { ledger, folder, context, findings } = laboratory;
  const ballast = join(folder, "ballast");
  const { bavail, bsize } = await statfs(folder);
  fill(ballast, Math.max(0, bavail * bsize - context.random.whole(0, leftBytes)));
  const before = ledger.unavailable;
  if (!(await laboratory.until(() => ledger.unavailable > before, fullWithinMs)))
    findings.report(`No message failed within ${fullWithinMs} ms on a full disk.`);
  await laboratory.work(0, 300);
  await rm(ballast);
  await laboratory.untilGoingOn();
  await laboratory.work(0, 100);
  await laboratory.kill();
  await laboratory.start();
  await laboratory.untilGoingOn();
}

/** Writes a file of this size, or as large as the free space allows; others write at the same time. */
function fill(path: string, bytes: number): void {
  const file = openSync(path, "w");
  try {
    const chunk = Buffer.alloc(64 * 1024);
    for (let left = bytes; left > 0; left -= chunk.length)
      writeSync(file, chunk, 0, Math.min(left, chunk.length));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  } finally {
    closeSync(file);
  }
}
