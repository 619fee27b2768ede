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
    const mine = `${path}.${randomUUID()}`;
    await writeFile(mine, await describeProcess(process.pid), { flag: "wx", mode: 0o600 });
    try {
      for (;;) {
        if (held.has(path)) throw inUse(path, process.pid);
        // Whole at once, or not at all.
        if (await linkNew(mine, path)) break;
        await removeIfStale(path);
      }
      held.add(path);
      return new FileLock(path);
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

/** @throws ClientError `outbox_in_use` where its process lives. */
async function removeIfStale(path: string): Promise<void> {
  const description = await readFile(path, "utf8").catch(() => "");
  const pid = Number.parseInt(description, 10);
  const isOwn = pid === process.pid;
  if (!isOwn && (await describeProcess(pid)) === description) throw inUse(path, pid);
  // By its own name: another program may have taken the lock over meanwhile, which is put back then.
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (isCode(error, "ENOENT")) return;
    throw error;
  }
  if ((await readFile(aside, "utf8")) !== description) await linkNew(aside, path);
  await rm(aside, { force: true });
}

/** The process of this number: where the system tells when it began, that too, for numbers are given again. Empty for one that is dead. */
async function describeProcess(pid: number): Promise<string> {
  if (!isAlive(pid)) return "";
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

function isAlive(pid: number): boolean {
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
