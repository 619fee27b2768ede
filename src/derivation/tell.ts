import { type Value, isMap } from "../protocol/index.js";
import { type Scalar, isScalar, toOutcome, toParam } from "./columns.js";
import { DerivationError } from "./derivation-error.js";
import { Extent } from "./extent.js";
import { deriveOneTrial } from "./one-trial.js";
import type { TrialForm } from "./session.js";
import { readExtraData, readModelData } from "./trial-members.js";
import type { Outcome, Param, Trial } from "./trial.js";

/** The values of one trial under one name: a single value, or several (stimuli, outcomes). */
type Cell = readonly Scalar[];

/**
 * Derives the trials of a tell; pure. docs/PROTOCOL.md, "Shapes of a tell", has the rules.
 *
 * @param message the tell's `message`: `{config, outcome, model_data?, …}`, or a list of such.
 * @param extraInfo the envelope's `extra_info`; a map adds to each trial's extra data.
 * @param batch the envelope's `batch`; false says that the message is one trial, whose lists and objects are values.
 * @throws DerivationError if the tell is underivable; nothing else.
 */
export function deriveTrials(
  message: Value | undefined,
  extraInfo: Value | undefined,
  form: TrialForm,
  batch?: Value,
): Trial[] {
  if (batch === false) return [deriveOneTrial(message, extraInfo, form)];
  const extent = new Extent();
  if (!Array.isArray(message)) return deriveTell(message, extraInfo, form, extent);
  if (message.length === 0) throw new DerivationError("empty batch");
  return message.flatMap((tell) => deriveTell(tell, extraInfo, form, extent));
}

function deriveTell(
  tell: Value | undefined,
  extraInfo: Value | undefined,
  form: TrialForm,
  extent: Extent,
): Trial[] {
  if (!isMap(tell)) throw new DerivationError("tell must be an object");
  const modelData = readModelData(tell);
  const columns = readParams(tell.get("config"), form.stimuliPerTrial);
  const count = columns[0]?.cells.length ?? 1;
  if (columns.some(({ cells }) => cells.length !== count)) throw new DerivationError("trial counts differ");
  const outcomes = readOutcomes(tell.get("outcome"), count);
  let width = 0;
  let nameCharacters = 0;
  for (const { name, cells } of [...columns, ...outcomes]) {
    const values = cells[0]?.length ?? 0;
    width += values;
    nameCharacters += values * name.length;
  }
  extent.add(count, width);
  const extraData = readExtraData(tell, extraInfo);
  // Extra data and names are repeated in every trial.
  extent.addCharacters(count * (nameCharacters + (extraData?.length ?? 0)));
  return Array.from({ length: count }, (_, trial) => ({
    modelData,
    extraData,
    params: columns.flatMap(({ name, cells }) => nameParams(name, cells[trial] ?? [])),
    outcomes: outcomes.flatMap(({ name, cells }) =>
      nameOutcomes(name, cells[trial] ?? [], form.outcomeNames),
    ),
  }));
}

/** One parameter or outcome of a tell, with one cell per trial. */
interface Column {
  readonly name: string;
  readonly cells: readonly Cell[];
}

function readParams(config: Value | undefined, stimuliPerTrial: number): Column[] {
  if (config === undefined || config === null) return [];
  if (!isMap(config)) throw new DerivationError("config must be an object");
  return [...config].map(([name, value]) => ({ name, cells: readParam(value, stimuliPerTrial) }));
}

function readParam(value: Value, stimuliPerTrial: number): readonly Cell[] {
  if (isScalar(value)) {
    if (stimuliPerTrial > 1) throw new DerivationError("one value for several stimuli");
    return [[value]];
  }
  if (!Array.isArray(value)) throw new DerivationError("param must be scalar or list");
  if (value.length === 0) throw new DerivationError("empty list");
  if (value.every(isScalar)) {
    if (stimuliPerTrial === 1) return value.map((item) => [item]);
    if (value.length !== stimuliPerTrial) throw new DerivationError("stimuli count");
    return [value];
  }
  if (!value.every(isList)) throw new DerivationError("mixed list");
  const cells = readTable(value);
  if (stimuliPerTrial > 1 && cells[0]?.length !== stimuliPerTrial) throw new DerivationError("stimuli count");
  return cells;
}

function readOutcomes(outcome: Value | undefined, count: number): Column[] {
  if (outcome === undefined) throw new DerivationError("outcome is missing");
  if (!isMap(outcome)) return [{ name: "outcome", cells: readOutcome(outcome, count) }];
  if (outcome.size === 0) throw new DerivationError("empty outcome");
  return [...outcome].map(([name, value]) => ({ name, cells: readNamedOutcome(value, count) }));
}

function readOutcome(outcome: Value, count: number): readonly Cell[] {
  if (isScalar(outcome)) return readOneOutcome(outcome, count);
  if (!Array.isArray(outcome)) throw new DerivationError("outcome must be scalar or list");
  if (outcome.length === 0) throw new DerivationError("empty outcome");
  if (outcome.every(isScalar)) {
    if (count === 1) return [outcome];
    if (outcome.length !== count) throw new DerivationError("outcome count");
    return outcome.map((item) => [item]);
  }
  if (!outcome.every(isList)) throw new DerivationError("mixed outcome list");
  if (outcome.some((item) => item.length === 0)) throw new DerivationError("empty outcome");
  const cells = readTable(outcome);
  if (cells.length === count) return cells;
  // AEPsych's clients wrap each outcome of a single trial in a list, like its parameters.
  if (count === 1 && cells[0]?.length === 1) return [cells.flat()];
  throw new DerivationError("outcome count");
}

function readNamedOutcome(value: Value, count: number): readonly Cell[] {
  if (isScalar(value)) return readOneOutcome(value, count);
  if (!Array.isArray(value)) throw new DerivationError("outcome must be scalar or list");
  if (value.length === 0) throw new DerivationError("empty outcome");
  if (!value.every(isScalar)) throw new DerivationError("mixed outcome list");
  if (value.length !== count) throw new DerivationError("outcome count");
  return value.map((item) => [item]);
}

function readOneOutcome(outcome: Scalar, count: number): readonly Cell[] {
  if (count > 1) throw new DerivationError("one outcome for several trials");
  return [[outcome]];
}

function readTable(lists: readonly Value[][]): readonly Cell[] {
  const width = lists[0]?.length ?? 0;
  if (width === 0) throw new DerivationError("empty list");
  return lists.map((list) => {
    if (list.length !== width || !list.every(isScalar)) throw new DerivationError("ragged or too deep");
    return list;
  });
}

function nameParams(name: string, cell: Cell): Param[] {
  if (cell.length === 1) return [toParam(name, cell[0] ?? null)];
  return cell.map((value, stimulus) => toParam(`${name}_stimuli${stimulus}`, value));
}

function nameOutcomes(name: string, cell: Cell, outcomeNames: readonly string[]): Outcome[] {
  if (cell.length === 1) return [toOutcome(name, cell[0] ?? null)];
  const names =
    outcomeNames.length === cell.length ? outcomeNames : cell.map((_, index) => `${name}_${index}`);
  return cell.map((value, index) => toOutcome(names[index] ?? name, value));
}

function isList(value: Value): value is Value[] {
  return Array.isArray(value);
}
