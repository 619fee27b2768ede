import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import type { Logger } from "pino";

/** Watches the free space on the disk of a database; warns in the log at the start and whenever it gets low. */
export class DiskSpace {
  #wasLow = false;

  /**
   * @param path the database's file; undefined for a server, whose disk cannot be seen from here.
   * @param lowBytes below how much free space to warn.
   */
  constructor(
    readonly path: string | undefined,
    readonly lowBytes: number,
    readonly logger: Logger,
  ) {}

  /** Returns the free bytes for this user, with a warning when they are few; undefined where the system does not say. */
  async look(): Promise<{ readonly freeBytes: number; readonly warning?: string } | undefined> {
    if (this.path === undefined) return undefined;
    const disk = await statfs(dirname(this.path)).catch(() => undefined);
    if (disk === undefined) return undefined;
    const freeBytes = disk.bavail * disk.bsize;
    const isLow = freeBytes < this.lowBytes;
    const warning = `Only ${Math.floor(freeBytes / 1e6)} MB are free on the disk of ${this.path}; make room soon.`;
    if (isLow && !this.#wasLow) this.logger.warn({ freeBytes }, warning);
    this.#wasLow = isLow;
    return isLow ? { freeBytes, warning } : { freeBytes };
  }
}
