import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder for the databases of one run. */
export class TemporaryDatabases {
  #count = 0;

  private constructor(readonly folder: string) {}

  /** Makes the folder among the system's temporary files. */
  static async make(): Promise<TemporaryDatabases> {
    return new TemporaryDatabases(await mkdtemp(join(tmpdir(), "telltale-bench-")));
  }

  /** A path for a database that stays until the end of the run. */
  newPath(): string {
    this.#count += 1;
    return join(this.folder, `${this.#count}.db`);
  }

  /** Calls `work` with the path of a database that does not exist yet, and removes the database afterwards. */
  async withNew<Result>(work: (path: string) => Promise<Result>): Promise<Result> {
    const path = this.newPath();
    const result = await work(path);
    await Promise.all(["", "-wal", "-shm"].map((suffix) => rm(`${path}${suffix}`, { force: true })));
    return result;
  }

  /** Removes the folder. */
  async remove(): Promise<void> {
    // Windows releases a file some time after its process has ended.
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10 });
  }
}
