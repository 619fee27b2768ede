import { ProtocolError, type Steps, complete, isMap, parseTaggedJsonInSteps } from "../protocol/index.js";
import { SetupError } from "./derivation-error.js";
import type { TrialForm } from "./session.js";
import { readTrialForm } from "./read-trial-form.js";

/** The trial form of a session whose config does not give one. */
export const plainForm: TrialForm = { stimuliPerTrial: 1, outcomeNames: [] };

/** The trial form of a config row; undefined if the row is empty or cannot be read, as in some of AEPsych's files. */
export function readFormOfConfig(config: string | null): TrialForm | undefined {
  return complete(readFormOfConfigInSteps(config));
}

/** Reads a trial form as {@link readFormOfConfig} does, with pauses. */
export function* readFormOfConfigInSteps(config: string | null): Steps<TrialForm | undefined> {
  if (config === null) return undefined;
  try {
    const sections = yield* parseTaggedJsonInSteps(config);
    return isMap(sections) ? readTrialForm(sections) : undefined;
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof SetupError) return undefined;
    throw error;
  }
}
