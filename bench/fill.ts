import { randomUUID } from "node:crypto";
import { BareDriver } from "./bare-driver.js";
import { TellInserts, insertSetup, makeBareTell } from "./tell-rows.js";

/** The content that {@link fillDatabase} writes. */
export interface Filling {
  readonly sessions: number;
  /** The number of concurrent sessions, as in a lab with several rooms; must divide `sessions`. */
  readonly atOnce: number;
  readonly tellsPerSession: number;
}

// A trial takes some seconds, so a million messages are a year or two of a busy lab.
const trialEveryMs = 3000;

/**
 * Creates a database of complete sessions, each a setup and its tells, with all their rows. Messages of concurrent sessions
 * alternate, so that every index is filled in the order of real messages.
 *
 * @param path the new file; must not exist.
 * @returns the number of replay rows.
 */
export async function fillDatabase(path: string, filling: Filling): Promise<number> {
  const { sessions, atOnce, tellsPerSession } = filling;
  const driver = await BareDriver.open(path);
  try {
    // These messages need no durability one by one; close() syncs the file.
    await driver.exec("pragma synchronous = off");
    const inserts = new TellInserts(driver, atOnce);
    let rowId = 0;
    let clockMs = Date.now() - (sessions / atOnce) * (tellsPerSession + 1) * trialEveryMs;
    for (let first = 1; first <= sessions; first += atOnce) {
      const running = Array.from({ length: atOnce }, (_, index) => ({
        masterId: first + index,
        session: randomUUID(),
      }));
      await driver.exec("begin");
      let time = new Date(clockMs).toISOString();
      for (const { session, masterId } of running) {
        rowId += 1;
        await insertSetup(driver, session, masterId, rowId, tellsPerSession + 1, time);
      }
      for (let trial = 1; trial <= tellsPerSession; trial += 1) {
        clockMs += trialEveryMs;
        time = new Date(clockMs).toISOString();
        const tells = running.map(({ session, masterId }) => {
          rowId += 1;
          return makeBareTell(session, masterId, trial, rowId, time);
        });
        await inserts.insert(tells);
      }
      await driver.exec("commit");
      clockMs += trialEveryMs;
    }
    await driver.exec("pragma synchronous = full; pragma wal_checkpoint(truncate)");
    return rowId;
  } finally {
    await driver.close();
  }
}
