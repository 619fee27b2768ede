import { randomUUID } from "node:crypto";
import type { BareDatabase } from "./bare-database.js";
import { quantile } from "../harness/statistics.js";
import { TellInserts, insertSetup, makeBareTell } from "./tell-rows.js";

/** The throughput of the bare driver: the rows of the same tells, written and synced as by telltale, with no other work. */
export interface Ceiling {
  readonly tellsPerSecond: number;
  /** The median time from before `begin` to after `commit`, in ms. */
  readonly p50Ms: number;
}

/**
 * Writes tells of one session into a new database for some seconds.
 *
 * @param opening the database, with telltale's schema and without rows; closed at the end.
 * @param batch the number of tells per transaction.
 */
export async function measureCeiling(
  opening: Promise<BareDatabase>,
  batch: number,
  seconds: number,
): Promise<Ceiling> {
  const driver = await opening;
  try {
    const session = randomUUID();
    await insertSetup(driver, session, 1, 1, 1, new Date().toISOString());
    const begin = driver.prepare("begin");
    const count = driver.prepare("update master set last_seq = last_seq + ? where unique_id = 1");
    const inserts = new TellInserts(driver, batch);
    const commit = driver.prepare("commit");
    const latenciesMs: number[] = [];
    const end = performance.now() + seconds * 1000;
    let trial = 0;
    while (performance.now() < end) {
      // Generating the messages is the clients' work, so it is not timed.
      const time = new Date().toISOString();
      const tells = Array.from({ length: batch }, () => {
        trial += 1;
        return makeBareTell(session, 1, trial, trial + 1, time);
      });
      const start = performance.now();
      await begin();
      await count([batch]);
      await inserts.insert(tells);
      await commit();
      latenciesMs.push(performance.now() - start);
    }
    const writingMs = latenciesMs.reduce((sum, latencyMs) => sum + latencyMs, 0);
    return { tellsPerSecond: (trial / writingMs) * 1000, p50Ms: quantile(latenciesMs, 0.5) };
  } finally {
    await driver.close();
  }
}
