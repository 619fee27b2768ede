import { strict as assert } from "node:assert";
import { rmSync } from "node:fs";
import { chmod, mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { announcement, removePostgres, sharePostgres } from "../../harness/postgres/shared-server.js";

/** How long processes may take to end after the last test. */
const endedWithinMs = 15_000;

/** The folder for everything temporary of this run; undefined in serial mode. */
let folder: string | undefined;

/** In parallel mode, gives all workers one PostgreSQL server and one folder for everything temporary. */
export async function mochaGlobalSetup(this: { readonly isParallelMode?: () => boolean }): Promise<void> {
  if (!this.isParallelMode?.()) return;
  const made = await mkdtemp(join(tmpdir(), "telltale-tests-"));
  folder = made;
  process.once("exit", () => {
    try {
      rmSync(made, { recursive: true, force: true });
    } catch {
      // After an interrupt the workers may still write there.
    }
  });
  // As the system's own: tests start processes of other users.
  await chmod(made, 0o1777);
  for (const variable of ["TMPDIR", "TMP", "TEMP"]) process.env[variable] = made;
  sharePostgres(made);
}

/** Stops the run's PostgreSQL server; in parallel mode, fails the run if files or processes are left. */
export async function mochaGlobalTeardown(): Promise<void> {
  await removePostgres();
  if (folder === undefined) return;
  const files = (await readdir(folder)).filter((name) => name !== announcement);
  const processes = await findProcesses(basename(folder));
  await rm(folder, { recursive: true, force: true });
  assert.deepEqual({ files, processes }, { files: [], processes: [] }, "tests left something behind");
}

/** The processes that inherited this run's environment and do not end; Linux only. */
async function findProcesses(mark: string): Promise<string[]> {
  if (process.platform !== "linux") return [];
  const patience = Date.now() + endedWithinMs;
  for (;;) {
    const found: string[] = [];
    for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
      if (Number(pid) === process.pid || !(await readProcess(pid, "environ")).includes(mark)) continue;
      found.push((await readProcess(pid, "cmdline")).replaceAll("\0", " "));
    }
    if (found.length === 0 || Date.now() > patience) return found;
    await pause(50);
  }
}

/** A file of a process; empty once the process has ended, or where it belongs to another user. */
async function readProcess(pid: string, file: string): Promise<string> {
  return readFile(join("/proc", pid, file), "latin1").catch(() => "");
}
