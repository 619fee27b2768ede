// Another program that keeps a SQLite file locked: node dist/faults/hold-lock.js FILE MS
import { setTimeout as pause } from "node:timers/promises";
import { lockWriters } from "../harness/rows.js";

const [file = "", ms = ""] = process.argv.slice(2);
// A daemon that is writing has the lock for some milliseconds; this program waits for its turn.
const release = await waitForLock();
process.stdout.write("locked\n");
await pause(Number(ms));
await release();

async function waitForLock(): Promise<() => Promise<void>> {
  for (;;) {
    try {
      return await lockWriters(file);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "SQLITE_BUSY")) throw error;
    }
  }
}
