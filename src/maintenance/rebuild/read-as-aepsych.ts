import {
  DerivationError,
  type Outcome,
  type Param,
  type Trial,
  deriveTrials,
  plainForm,
  toOutcome,
  toParam,
} from "../../derivation/index.js";
import { type Value, type ValueMap, isMap } from "../../protocol/index.js";

/**
 * The trial that AEPsych 0.3 to 0.7.4 writes of a tell: always one, whatever lists it has. A list of one value is that value, a longer
 * one the stimuli of the trial; a list of outcomes is `outcome_0` and so on.
 *
 * @param extraInfo the envelope's `extra_info`.
 * @returns undefined for a tell of which AEPsych writes none.
 */
export function readAsAepsych(tell: Value | undefined, extraInfo: Value | undefined): Trial | undefined {
  if (!isMap(tell)) return undefined;
  const config = tell.get("config") ?? new Map<string, Value>();
  const params = isMap(config) ? readParams(config) : undefined;
  const outcomes = readOutcomes(tell.get("outcome"));
  return (
    params && outcomes && { modelData: true, extraData: readExtraData(tell, extraInfo), params, outcomes }
  );
}

function readParams(config: ValueMap): Param[] | undefined {
  if ([...config.values()].some((value) => isMap(value))) return undefined;
  return [...config].flatMap(([name, value]) => {
    if (!Array.isArray(value)) return [toParam(name, value)];
    if (value.length === 1) return [toParam(name, value[0] ?? null)];
    return value.map((one, index) => toParam(`${name}_stimuli${index}`, one));
  });
}

function readOutcomes(outcome: Value | undefined): Outcome[] | undefined {
  if (outcome === undefined) return undefined;
  const named: [string, Value][] = isMap(outcome)
    ? [...outcome]
    : Array.isArray(outcome)
      ? outcome.map((value, index) => [`outcome_${index}`, unwrap(value)])
      : [["outcome", outcome]];
  const outcomes: Outcome[] = [];
  for (const [name, value] of named) {
    if (typeof value === "object" && value !== null) return undefined;
    outcomes.push(toOutcome(name, value));
  }
  return outcomes;
}

function unwrap(value: Value): Value {
  return Array.isArray(value) && value.length === 1 ? (value[0] ?? null) : value;
}

/** The extra data as each trial of the tell has it, whatever its parameters and outcomes. */
function readExtraData(tell: ValueMap, extraInfo: Value | undefined): string | null {
  const bare = new Map(tell).set("outcome", null);
  bare.delete("config");
  bare.delete("model_data");
  try {
    return deriveTrials(bare, extraInfo, plainForm)[0]?.extraData ?? null;
  } catch (error) {
    if (error instanceof DerivationError) return null;
    throw error;
  }
}
