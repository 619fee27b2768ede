// A program that locks a SQLite file for some time: node dist/faults/hold-lock.js FILE MS
import { setTimeout as pause } from "node:timers/promises";
import { lockWriters } from "../harness/rows.js";

const [file = "", ms = ""] = process.argv.slice(2);
// A writing daemon holds the lock for some milliseconds; wait for it.
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
