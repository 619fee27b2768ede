import { type Value, isMap } from "../protocol/index.js";
import { isScalar, toOutcome, toParam } from "./columns.js";
import { DerivationError } from "./derivation-error.js";
import { Extent } from "./extent.js";
import type { TrialForm } from "./session.js";
import { toText } from "./text.js";
import { readExtraData, readModelData } from "./trial-members.js";
import type { Outcome, Param, Trial } from "./trial.js";

/**
 * Derives the one trial of a tell with `batch: false`: a list or an object is a value, kept as JSON text.
 *
 * @throws DerivationError if the tell is underivable.
 */
export function deriveOneTrial(
  message: Value | undefined,
  extraInfo: Value | undefined,
  form: TrialForm,
): Trial {
  if (!isMap(message)) throw new DerivationError("one trial must be an object");
  const modelData = readModelData(message);
  const params = readParams(message.get("config"), form.stimuliPerTrial);
  const outcomes = readOutcomes(message.get("outcome"));
  new Extent().add(1, params.length + outcomes.length);
  return { modelData, extraData: readExtraData(message, extraInfo), params, outcomes };
}

function readParams(config: Value | undefined, stimuliPerTrial: number): Param[] {
  if (config === undefined || config === null) return [];
  if (!isMap(config)) throw new DerivationError("config must be an object");
  return [...config].flatMap(([name, value]) =>
    stimuliPerTrial > 1 && Array.isArray(value) && value.length === stimuliPerTrial
      ? value.map((item, stimulus) => toParam(`${name}_stimuli${stimulus}`, item))
      : [toParam(name, value)],
  );
}

function readOutcomes(outcome: Value | undefined): Outcome[] {
  if (outcome === undefined) throw new DerivationError("outcome is missing");
  if (!isMap(outcome) || outcome.size === 0) return [readOutcome("outcome", outcome)];
  return [...outcome].map(([name, value]) => readOutcome(name, value));
}

function readOutcome(name: string, value: Value): Outcome {
  return isScalar(value) ? toOutcome(name, value) : { name, value: null, text: toText(value) };
}
