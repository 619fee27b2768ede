import { stat } from "node:fs/promises";
import type { Logger } from "pino";

/** Watches the size of SQLite's write-ahead log, which a program that holds a transaction open lets grow; warns in the log once. */
export class LogSize {
  #wasLarge = false;

  /**
   * @param path the database's file; undefined for a server.
   * @param largeBytes above what size to warn; 100 MB by default.
   */
  constructor(
    readonly path: string | undefined,
    readonly logger: Logger,
    readonly largeBytes = 100_000_000,
  ) {}

  /** Returns the bytes of the log, with a warning when they are many; undefined without a log. */
  async look(): Promise<{ readonly bytes: number; readonly warning?: string } | undefined> {
    if (this.path === undefined) return undefined;
    const log = await stat(`${this.path}-wal`).catch(() => undefined);
    if (log === undefined) return undefined;
    const bytes = log.size;
    const isLarge = bytes > this.largeBytes;
    const warning = `The write-ahead log of ${this.path} has ${Math.floor(bytes / 1e6)} MB; find the program that keeps a transaction open on the database, and end it.`;
    if (isLarge && !this.#wasLarge) this.logger.warn({ bytes }, warning);
    this.#wasLarge = isLarge;
    return isLarge ? { bytes, warning } : { bytes };
  }
}
