import { realpathSync } from "node:fs";
import { rm } from "node:fs/promises";
import type { Laboratory } from "./laboratory.js";
import { traceIn, underStrace } from "./strace.js";
import { proofFlags, proveSyncs } from "./sync-proof.js";

/**
 * Restarts the daemon under strace, runs `work`, kills the daemon, and proves from the trace that every acknowledged message was on disk
 * before its acknowledgement.
 *
 * @returns the number of acknowledgements proved.
 */
export async function traceDaemon(
  laboratory: Laboratory,
  flags: readonly string[],
  work: () => Promise<void>,
): Promise<number> {
  await laboratory.kill();
  const before = new Set([...laboratory.ledger.sessions.values()].flatMap(({ sent }) => [...sent.keys()]));
  const trace = traceIn(laboratory.folder);
  await laboratory.start({ under: underStrace(trace, ...proofFlags, ...flags) });
  await work();
  await laboratory.kill();
  const { proved, early } = await proveSyncs(trace, `${realpathSync(laboratory.location)}-wal`, before);
  await rm(trace);
  if (early.length > 0)
    laboratory.findings.report(
      `${early.length} messages were acknowledged before they were synced, ${early[0] ?? ""} first.`,
    );
  if (proved === 0) laboratory.findings.report("The trace shows no acknowledgement after a sync.");
  await laboratory.start();
  await laboratory.untilGoingOn();
  return proved;
}
