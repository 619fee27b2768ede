import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { ClientError } from "../client/index.js";

/** The paths of the locks that this program holds. */
const held = new Set<string>();

/** Locks a file for this process while it runs. A dead process's lock is ignored. */
export class FileLock {
  #isReleased = false;

  private constructor(readonly path: string) {}

  /**
   * @param path the path of the lock file itself.
   * @throws ClientError `outbox_in_use`; system errors if the file cannot be written.
   */
  static async take(path: string): Promise<FileLock> {
    if (held.has(path)) throw inUse(path, process.pid);
    held.add(path);
    const mine = `${path}.${randomUUID()}`;
    try {
      await writeFile(mine, await describeProcess(process.pid), { flag: "wx", mode: 0o600 });
      // A link appears whole or not at all.
      while (!(await linkNew(mine, path)) && !(await takeOver(path, mine)));
      return new FileLock(path);
    } catch (error) {
      held.delete(path);
      throw error;
    } finally {
      await rm(mine, { force: true });
    }
  }

  /** May be called again. */
  async release(): Promise<void> {
    // Another program may hold the lock by now.
    if (this.#isReleased) return;
    this.#isReleased = true;
    held.delete(this.path);
    await rm(this.path, { force: true });
  }
}

async function linkNew(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw error;
  }
}

/**
 * Takes over the lock of a dead process; returns whether there was one.
 *
 * @throws ClientError `outbox_in_use` if its process is running.
 */
async function takeOver(path: string, mine: string): Promise<boolean> {
  // Only one at a time: two processes that find the same dead one must not both take its place.
  const guard = `${path}.taking`;
  if (!(await linkNew(mine, guard))) {
    await refuseIfAlive(guard);
    await rm(guard, { force: true });
    return false;
  }
  try {
    if (!(await refuseIfAlive(path))) return false;
    await rename(mine, path);
    return true;
  } finally {
    await rm(guard, { force: true });
  }
}

/** Returns whether the file exists; throws if the process that it names is running. */
async function refuseIfAlive(path: string): Promise<boolean> {
  const description = await readFile(path, "utf8").catch(() => undefined);
  if (description === undefined) return false;
  const pid = Number.parseInt(description, 10);
  // This process would know that it holds the lock: an earlier process had the same number.
  const isAlive = pid !== process.pid && description !== "" && (await describeProcess(pid)) === description;
  if (isAlive) throw inUse(path, pid);
  return true;
}

/**
 * Identifies a process: its number and, where the system provides it, its start time, because numbers are reused. Empty for a dead
 * process.
 */
async function describeProcess(pid: number): Promise<string> {
  if (!isRunning(pid)) return "";
  try {
    const [boot, stat] = await Promise.all([
      readFile("/proc/sys/kernel/random/boot_id", "utf8"),
      readFile(`/proc/${pid}/stat`, "utf8"),
    ]);
    // The fields after the name, which may contain spaces; the start time is the 22nd of all.
    return `${pid} ${boot.trim()} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""}\n`;
  } catch {
    return `${pid}\n`;
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, "EPERM");
  }
}

function inUse(path: string, pid: number): ClientError {
  return new ClientError(
    "outbox_in_use",
    `Process ${pid} has this outbox open; end it, or give each program its own outbox (${path}).`,
  );
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
