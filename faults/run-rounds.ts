import type { FaultContext } from "./fault.js";
import { Findings } from "./findings.js";
import { Laboratory, type LaboratoryOptions } from "./laboratory.js";

/** Rounds per laboratory, that is, per new database. */
const roundsALaboratory = 10;

/**
 * Runs rounds on a series of databases. At the end, each database is checked after a kill of the daemon, and again after the clients
 * have finished and the daemon has stopped.
 *
 * @param round one occurrence of the fault; the daemon and the clients are running before and after it.
 */
export async function runRounds(
  context: FaultContext,
  options: LaboratoryOptions,
  round: (laboratory: Laboratory, number: number) => Promise<void>,
): Promise<Findings> {
  const findings = new Findings();
  for (let number = 0; number < context.rounds;) {
    const random = context.random.fork(`from round ${number + 1}`);
    const laboratory = await Laboratory.open({ ...context, random }, options);
    const last = Math.min(context.rounds, number + roundsALaboratory);
    try {
      for (; number < last; number += 1) {
        await round(laboratory, number);
        context.note(`round ${number + 1} of ${context.rounds}`);
      }
      await laboratory.examineKilled();
      findings.add(await laboratory.close());
    } catch (error) {
      await laboratory.abandon();
      throw error;
    }
  }
  return findings;
}
