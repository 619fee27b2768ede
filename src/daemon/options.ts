import type { Logger } from "pino";
import type { AccessOptions } from "../access/index.js";
import type { ReadLimits } from "../http/index.js";

export interface DaemonOptions extends AccessOptions {
  /** The path of the SQLite file, or the URL of the PostgreSQL database. */
  readonly db: string;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** A larger frame closes its connection with 1009. */
  readonly maximumMessageBytes: number;
  /** How much memory the unfinished frames of all clients may take; eight times `maximumMessageBytes` by default. */
  readonly maximumUnfinishedBytes?: number;
  /** How many messages of a connection may wait for their reply before no more is read from it. */
  readonly maximumMessagesInFlight: number;
  /** How many bytes these may have. */
  readonly maximumBytesInFlight: number;
  readonly logger: Logger;
  /** The version of telltale. */
  readonly version: string;
  /** How often clients are pinged; 20 s by default. */
  readonly pingEveryMs?: number;
  /** Below how much free disk space to warn; 500 MB by default. */
  readonly lowDiskBytes?: number;
  /** How long another process may have the database locked before a message fails; 5 s by default. */
  readonly busyTimeoutMs?: number;
  /** How many requests may read at once, and how long others wait. */
  readonly readLimits?: ReadLimits;
  /** Whether to start on a database whose write-ahead log is damaged; false by default. */
  readonly isWalDamageAccepted?: boolean;
  /** How many bytes may wait to be written before clients are paused; 32 MiB by default. */
  readonly maximumQueueBytes?: number;
}
