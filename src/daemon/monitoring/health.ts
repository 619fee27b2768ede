import type { Store } from "../../database/index.js";
import type { DiskSpace } from "./disk-space.js";
import type { LogSize } from "./log-size.js";
import type { OpenFileLimit } from "./open-file-limit.js";
import type { RecentFailures } from "./recent-failures.js";

/** For how long the answer of one probe is reused. */
const freshForMs = 1000;

/** What `GET /healthz` answers. */
export interface HealthReport {
  /** Whether a message would be stored now. */
  readonly ok: boolean;
  /** The version of telltale. */
  readonly version: string;
  readonly database: string;
  readonly engine: string;
  /** Why a message would not be stored. */
  readonly error?: string;
  readonly queued_bytes: number;
  readonly free_bytes?: number;
  /** The size of SQLite's write-ahead log. */
  readonly wal_bytes?: number;
  /** Sentences about what may soon go wrong, and about a write that failed within the last minute. */
  readonly warning?: string;
}

/** Checks whether a message would be stored now, by writing to disk without changing a row. */
export class Health {
  #last: Promise<HealthReport> | undefined;

  constructor(
    readonly database: Store,
    readonly diskSpace: DiskSpace,
    readonly logSize: LogSize,
    readonly openFiles: OpenFileLimit,
    readonly failures: RecentFailures,
    readonly version: string,
  ) {}

  /** Probes the database, at most once a second and one probe at a time: probes wait in the same queue as messages. */
  check(): Promise<HealthReport> {
    if (this.#last === undefined) {
      this.#last = this.#probe();
      void this.#last.finally(() => setTimeout(() => (this.#last = undefined), freshForMs).unref());
    }
    return this.#last;
  }

  async #probe(): Promise<HealthReport> {
    const error = await this.database.probe().then(
      () => undefined,
      (failure: unknown) => (failure instanceof Error ? failure.message : String(failure)),
    );
    const disk = await this.diskSpace.look();
    const log = await this.logSize.look();
    const files = await this.openFiles.look();
    const warnings = [disk?.warning, log?.warning, files, this.failures.warning].filter(
      (warning) => warning !== undefined,
    );
    return {
      ok: error === undefined,
      version: this.version,
      database: this.database.name,
      engine: this.database.engineVersion,
      ...(error === undefined ? {} : { error }),
      queued_bytes: this.database.queuedBytes,
      ...(disk === undefined ? {} : { free_bytes: disk.freeBytes }),
      ...(log === undefined ? {} : { wal_bytes: log.bytes }),
      ...(warnings.length === 0 ? {} : { warning: warnings.join(" ") }),
    };
  }
}
