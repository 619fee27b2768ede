import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { ClientError } from "../client/index.js";

/** The locks that this program holds. */
const held = new Set<string>();

/** Keeps other programs away from a file as long as this one lives; a lock that a dead one left behind counts for nothing. */
export class FileLock {
  #isReleased = false;

  private constructor(readonly path: string) {}

  /**
   * @param path of the lock's own file.
   * @throws ClientError `outbox_in_use`; errors of the system where the file cannot be written.
   */
  static async take(path: string): Promise<FileLock> {
    if (held.has(path)) throw inUse(path, process.pid);
    held.add(path);
    const mine = `${path}.${randomUUID()}`;
    try {
      await writeFile(mine, await describeProcess(process.pid), { flag: "wx", mode: 0o600 });
      // A link is there whole, or not at all.
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
    // Another program may have it by now.
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
 * Takes over the lock of a dead process; gives whether there was one.
 *
 * @throws ClientError `outbox_in_use` where its process lives.
 */
async function takeOver(path: string, mine: string): Promise<boolean> {
  // One after the other: two that find the same dead process must not both take its place.
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

/** Gives whether there is such a file; throws where the process that it names lives. */
async function refuseIfAlive(path: string): Promise<boolean> {
  const description = await readFile(path, "utf8").catch(() => undefined);
  if (description === undefined) return false;
  const pid = Number.parseInt(description, 10);
  // This process would know that it has it: an earlier one had its number.
  const isAlive = pid !== process.pid && description !== "" && (await describeProcess(pid)) === description;
  if (isAlive) throw inUse(path, pid);
  return true;
}

/** The process of this number: where the system tells when it began, that too, for numbers are given again. Empty for one that is dead. */
async function describeProcess(pid: number): Promise<string> {
  if (!isRunning(pid)) return "";
  try {
    const [boot, stat] = await Promise.all([
      readFile("/proc/sys/kernel/random/boot_id", "utf8"),
      readFile(`/proc/${pid}/stat`, "utf8"),
    ]);
    // The fields behind the name, which may hold spaces; the start time is the 22nd of all.
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
    `Process ${pid} has this outbox open; end it, or give each program an outbox of its own (${path}).`,
  );
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
