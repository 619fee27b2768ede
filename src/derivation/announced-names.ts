import type { Value } from "../protocol/index.js";
import { SetupError } from "./derivation-error.js";
import { findCommon, readList, readTrialForm } from "./read-trial-form.js";
import type { TrialForm } from "./session.js";

/** The names that a config gives to what its trials will have. */
export interface AnnouncedNames {
  /** In the order of `parnames`; with several stimuli, one name per stimulus (`x_stimuli0`). */
  readonly parameters: readonly string[];
  /** In the order of `outcome_names`; a single name does not rename an outcome, and is not listed. */
  readonly outcomes: readonly string[];
}

/** A config that names more is not believed: any number is quickly written. */
const maximumNames = 10_000;

/** Reads the names in a config; whatever cannot be read gives none. */
export function readAnnouncedNames(sections: ReadonlyMap<string, Value>): AnnouncedNames {
  const parnames = readList(findCommon(sections, "parnames")).filter((name) => name !== "");
  const { stimuliPerTrial, outcomeNames } = readForm(sections);
  return {
    parameters:
      parnames.length * stimuliPerTrial > maximumNames ? [] : nameStimuli(parnames, stimuliPerTrial),
    outcomes: outcomeNames.length < 2 || outcomeNames.length > maximumNames ? [] : outcomeNames,
  };
}

function nameStimuli(parnames: readonly string[], stimuliPerTrial: number): readonly string[] {
  if (stimuliPerTrial === 1) return parnames;
  return parnames.flatMap((name) =>
    Array.from({ length: stimuliPerTrial }, (_, stimulus) => `${name}_stimuli${stimulus}`),
  );
}

function readForm(sections: ReadonlyMap<string, Value>): TrialForm {
  try {
    return readTrialForm(sections);
  } catch (error) {
    if (error instanceof SetupError) return { stimuliPerTrial: 1, outcomeNames: [] };
    throw error;
  }
}
