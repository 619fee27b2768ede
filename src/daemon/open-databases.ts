import { ReadOnlyStore, Store } from "../database/index.js";
import type { Metrics } from "./monitoring/metrics.js";
import type { RecentFailures } from "./monitoring/recent-failures.js";
import type { DaemonOptions } from "./options.js";

/** The database of a daemon, opened twice, so that no message waits behind a long read. */
export interface Databases {
  /** Writes messages. */
  readonly database: Store;
  /** Answers queries, exports and replays; cannot write. */
  readonly archive: ReadOnlyStore;
}

/**
 * Opens the database; logs and counts what happens to it.
 *
 * @param onFull called when the write queue becomes full (`true`), and when it is below its limit again.
 * @throws DatabaseError
 */
export async function openDatabases(
  { db, logger, busyTimeoutMs, maximumQueueBytes, isWalDamageAccepted = false }: DaemonOptions,
  metrics: Metrics,
  failures: RecentFailures,
  onFull: (isFull: boolean) => void,
): Promise<Databases> {
  const patience = busyTimeoutMs === undefined ? {} : { busyTimeoutMs };
  let archive: ReadOnlyStore | undefined;
  const database = await Store.open(db, {
    ...patience,
    ...(maximumQueueBytes === undefined ? {} : { maximumQueueBytes }),
    isWalDamageAccepted,
    onWalDamage: (reason) => {
      logger.error(
        { reason },
        "damaged write-ahead log accepted: messages behind the damage are not in the database",
      );
    },
    onUpgrade: (migrations) => {
      logger.info({ migrations }, "database upgraded");
    },
    onCommit: (batch) => {
      metrics.countCommit(batch);
    },
    onFull: (isFull) => {
      if (isFull) metrics.countQueueFull();
      logger.warn(
        isFull ? "write queue full: clients paused" : "write queue below its limit: clients resumed",
      );
      onFull(isFull);
    },
    onFailure: (error) => {
      metrics.countFailure();
      failures.note();
      logger.error({ err: error }, "database failed: closed, will reopen at the next message");
    },
    beforeReopen: async () => {
      await archive?.releaseIfMoved();
    },
    onReopen: () => {
      metrics.countReopen();
      logger.warn("database reopened");
    },
    onRescue: (file) => {
      logger.error({ file }, "files of the database were replaced: what they held was copied");
    },
    onInternal: (error) => {
      failures.note();
      logger.error({ err: error }, "a message could not be written and is kept as rejected");
    },
  });
  try {
    archive = await ReadOnlyStore.open(db, { ...patience, yieldTo: database });
    return { database, archive };
  } catch (error) {
    await database.close();
    throw error;
  }
}
