import type { Database } from "../database/index.js";
import type { DiskSpace } from "./disk-space.js";

/** For how long one look at the database answers for all who ask. */
const freshForMs = 1000;

/** What `GET /healthz` answers. */
export interface HealthReport {
  /** Whether a message would be stored now. */
  readonly ok: boolean;
  readonly database: string;
  readonly engine: string;
  /** What is wrong; absent when nothing is. */
  readonly error?: string;
  readonly queued_bytes: number;
  readonly free_bytes?: number;
  readonly warning?: string;
}

/** Finds out whether a message would be stored now, by writing to disk what changes nothing. */
export class Health {
  #last: Promise<HealthReport> | undefined;

  constructor(
    readonly database: Database,
    readonly diskSpace: DiskSpace,
  ) {}

  /** One probe at a time, whose answer is fresh for a second: probes wait in the same queue as messages. */
  check(): Promise<HealthReport> {
    if (this.#last === undefined) {
      this.#last = this.#look();
      void this.#last.finally(() => setTimeout(() => (this.#last = undefined), freshForMs).unref());
    }
    return this.#last;
  }

  async #look(): Promise<HealthReport> {
    const error = await this.database.probe().then(
      () => undefined,
      (failure: unknown) => (failure instanceof Error ? failure.message : String(failure)),
    );
    const disk = await this.diskSpace.look();
    return {
      ok: error === undefined,
      database: this.database.name,
      engine: this.database.engineVersion,
      ...(error === undefined ? {} : { error }),
      queued_bytes: this.database.queuedBytes,
      ...(disk === undefined ? {} : { free_bytes: disk.freeBytes }),
      ...(disk?.warning === undefined ? {} : { warning: disk.warning }),
    };
  }
}
