import type { DataSource } from "typeorm";
import * as entities from "../entities/index.js";
import { DatabaseError, type Engine, Store, type StoreOptions, engineAt } from "../database/index.js";
import { type UpgradeReport, upgrade } from "../maintenance/index.js";

/** A file that AEPsych wrote: it must be upgraded before anything in it can be read or written. */
export class OutdatedDatabase {
  private constructor(
    /** The error that says what to do. */
    readonly refusal: DatabaseError,
    readonly engine: Engine,
    readonly reader: DataSource,
  ) {}

  /**
   * @param error why the database could not be opened.
   * @throws `error`, unless it says that the database is outdated.
   */
  static async open(location: string, busyTimeoutMs: number | undefined, error: unknown) {
    if (!(error instanceof DatabaseError && error.code === "aepsych_database")) throw error;
    const engine = await engineAt(location, busyTimeoutMs);
    return new OutdatedDatabase(error, engine, await engine.openReader(Object.values(entities)));
  }

  /** Upgrades the file and opens it; on failure this object remains usable. */
  async upgrade(
    options: StoreOptions,
    onProgress: ((text: string) => void) | undefined,
  ): Promise<{ readonly report: UpgradeReport; readonly store: Store }> {
    const { reader } = this;
    const { file } = this.engine;
    if (file === undefined) throw this.refusal;
    // An upgrade needs the file to itself.
    await reader.destroy();
    try {
      const report = await upgrade(file, onProgress);
      return { report, store: await Store.open(file.path, options) };
    } catch (error) {
      await reader.initialize();
      throw error;
    }
  }

  async close(): Promise<boolean> {
    if (this.reader.isInitialized) await this.reader.destroy();
    return true;
  }
}
