import type { Trial } from "../../derivation/index.js";
import { asRead, showOutcome, showText } from "./compare-trials.js";
import { isOutcomeOfAepsych, isTextOfAepsych } from "./python-values.js";
import type { StoredTrial } from "./stored-trials.js";

/** The parameters and outcomes of a trial. */
export type Cells = Pick<Trial, "params" | "outcomes">;

/** How a trial that AEPsych wrote compares with one of its tell: what it lacks, which may be nothing, or how it differs. */
export type WrittenComparison = { readonly missing: Cells } | { readonly difference: string };

/**
 * Compares a trial that AEPsych wrote with one of its tell. AEPsych writes parameters and outcomes one after the other, and may have
 * stopped after any of them: what it wrote must be how the tell's begin.
 */
export function compareWritten(written: StoredTrial, told: Trial): WrittenComparison {
  const { params, outcomes } = written;
  if (params.length > told.params.length)
    return { difference: `it has ${params.length} parameters, not ${told.params.length}` };
  if (outcomes.length > told.outcomes.length)
    return { difference: `it has ${outcomes.length} outcomes, not ${told.outcomes.length}` };
  for (const [index, { name, value }] of params.entries()) {
    const param = told.params[index];
    if (param !== undefined && !(name === asRead(param.name) && isTextOfAepsych(value, asRead(param.value))))
      return {
        difference: `parameter ${showText(name)} is ${showText(value)}, not ${showText(param.name)} ${showText(param.value)}`,
      };
  }
  for (const [index, row] of outcomes.entries()) {
    const outcome = told.outcomes[index];
    if (outcome === undefined) continue;
    const { name, value, text } = outcome;
    if (!(row.name === asRead(name) && isOutcomeOfAepsych(row, { value, text: asRead(text) })))
      return {
        difference: `outcome ${showText(row.name)} is ${showOutcome(row)}, not ${showText(name)} ${showOutcome(outcome)}`,
      };
  }
  return {
    missing: { params: told.params.slice(params.length), outcomes: told.outcomes.slice(outcomes.length) },
  };
}
