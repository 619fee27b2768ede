import { pendingMigrations } from "../../../migrations/pending.js";
import { DatabaseError, type ReadOnlyStore } from "../../database/index.js";
import { readMasters } from "../../queries/index.js";
import type { Finding } from "./finding.js";
import { verifySession } from "./verify-session.js";
import { verifyStructure } from "./verify-structure.js";

/** What verifying a whole database found. */
export interface DatabaseVerification {
  /** The first findings, at most 20 of each session. */
  readonly findings: readonly Finding[];
  /** The number of all findings. */
  readonly count: number;
}

/**
 * Verifies everything in a database, as {@link verifyStructure} and {@link verifySession} do.
 *
 * @param onSession called before each session with how many were verified; what it throws ends the work.
 * @throws DatabaseError as {@link requireCurrentSchema} does.
 */
export async function verifyDatabase(
  database: ReadOnlyStore,
  onSession: (verified: number) => void = () => undefined,
): Promise<DatabaseVerification> {
  await requireCurrentSchema(database);
  const structure = await verifyStructure(database);
  const findings = [...structure.list];
  let [count, verified] = [structure.count, 0];
  for await (const masterId of readMasters((work) => database.readScope(work))) {
    onSession(verified);
    const session = await verifySession(database, masterId);
    findings.push(...(session?.findings.list ?? []));
    count += session?.findings.count ?? 0;
    verified += 1;
  }
  return { findings, count };
}

/** Checks that a database has this telltale's schema, and not an older one. @throws DatabaseError `outdated_database`. */
export async function requireCurrentSchema(database: ReadOnlyStore): Promise<void> {
  const runner = database.reader.createQueryRunner();
  try {
    for (const migration of await pendingMigrations(database.reader)) {
      // One that was applied and is not recorded is damage, which verifying reports.
      if (await migration.isApplied(runner)) continue;
      throw new DatabaseError(
        "outdated_database",
        `${database.name} has the schema of an older telltale; a daemon or command of this version that writes to it upgrades it, and it can be verified then.`,
      );
    }
  } finally {
    await runner.release();
  }
}
