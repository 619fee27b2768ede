import { ReadOnlyStore } from "../../../src/database/index.js";
import type { Daemon } from "../../../src/index.js";
import { startDaemon } from "../daemon/daemon.js";

const open = new Set<ReadOnlyStore>();

/** Opens a database to read it; it is closed after the test. */
export async function openToRead(location: string): Promise<ReadOnlyStore> {
  const database = await ReadOnlyStore.open(location);
  open.add(database);
  return database;
}

/** Starts a daemon on a database, and opens the database to read it; both are closed after the test. */
export async function startReadable(location: string): Promise<{ daemon: Daemon; database: ReadOnlyStore }> {
  const daemon = await startDaemon({ db: location });
  return { daemon, database: await openToRead(location) };
}

/** Closes every database that a test left open. */
export async function closeReaders(): Promise<void> {
  for (const database of open) await database.close();
  open.clear();
}
