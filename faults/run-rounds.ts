import type { FaultContext } from "./fault.js";
import { Findings } from "./findings.js";
import { Laboratory, type LaboratoryOptions } from "./laboratory.js";

/** How rounds are divided among laboratories: a new database every so often. */
const roundsALaboratory = 10;

/**
 * Runs rounds on one database after another, each of which is examined at the end as a killed daemon left it, and then as its clients and a
 * stopped daemon left it.
 *
 * @param round one occurrence of the fault; the daemon runs and clients are at work before and afterwards.
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
