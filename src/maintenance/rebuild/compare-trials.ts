import type { Outcome, Param, Trial } from "../../derivation/index.js";
import { type Value, ProtocolError, equalValues, parseTaggedJson } from "../../protocol/index.js";
import { columnText } from "../../database/index.js";
import type { StoredTrial } from "./stored-trials.js";

/**
 * The first thing in which a stored trial is not the derived one, for a user; undefined where it is. Numbers are compared by
 * value, extra_data as what its JSON says.
 *
 * @param time when the tell was received, as a column holds it.
 * @param masterId the session's unique_id.
 */
export function describeDifference(
  stored: StoredTrial,
  derived: Trial,
  time: string | null,
  masterId: number,
): string | undefined {
  if (stored.masterId !== masterId) return "it is under another session";
  if (stored.timestamp !== time) return `timestamp is ${show(stored.timestamp)}, and not ${show(time)}`;
  if (stored.modelData !== derived.modelData)
    return `model_data is ${String(stored.modelData)}, and not ${String(derived.modelData)}`;
  if (!equalJson(stored.extraData, derived.extraData))
    return `extra_data is ${show(stored.extraData)}, and not ${show(derived.extraData)}`;
  return describeMismatch(stored, derived);
}

/**
 * The same for what was shown and answered alone: parameters and outcomes, by their order, names and values. Those of a trial
 * that was derived from no message may be as AEPsych writes them.
 */
export function describeMismatch(stored: StoredTrial, derived: Trial): string | undefined {
  if (stored.params.length !== derived.params.length)
    return `it has ${stored.params.length} parameters, and not ${derived.params.length}`;
  if (stored.outcomes.length !== derived.outcomes.length)
    return `it has ${stored.outcomes.length} outcomes, and not ${derived.outcomes.length}`;
  const equal = stored.replayId === null ? equalParamOfAepsych : equalParam;
  for (const [index, param] of derived.params.entries()) {
    const row = stored.params[index];
    if (row !== undefined && !(row.name === asRead(param.name) && equal(row.value, param)))
      return `parameter ${show(row.name)} is ${show(row.value)}, and not ${show(param.name)} ${show(param.value)}`;
  }
  for (const [index, outcome] of derived.outcomes.entries()) {
    const row = stored.outcomes[index];
    if (row !== undefined && !(row.name === asRead(outcome.name) && equalOutcome(row, outcome)))
      return `outcome ${show(row.name)} is ${showOutcome(row)}, and not ${show(outcome.name)} ${showOutcome(outcome)}`;
  }
  return undefined;
}

function equalParam(stored: string | null, { value }: Param): boolean {
  if (stored === asRead(value)) return true;
  return stored !== null && value !== null && equalNumbers(stored, value);
}

/** Python's `str` of the values for which telltale has another text: AEPsych's `handle_tell` writes `param_value=str(value)`. */
const pythonTexts = new Map<string | null, string>([
  [null, "None"],
  ["true", "True"],
  ["false", "False"],
  ["NaN", "nan"],
  ["Infinity", "inf"],
  ["-Infinity", "-inf"],
]);

function equalParamOfAepsych(stored: string | null, param: Param): boolean {
  return equalParam(stored, param) || (stored !== null && stored === pythonTexts.get(param.value));
}

function equalOutcome(stored: Pick<Outcome, "value" | "text">, { value, text }: Outcome): boolean {
  // No Object.is: SQLite stores −0 as 0.
  return stored.value === value && stored.text === asRead(text);
}

const whole = /^[+-]?[0-9]+$/;
const decimal = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

function equalNumbers(a: string, b: string): boolean {
  // Large integers that differ may read as one double.
  if (whole.test(a) && whole.test(b)) return canonical(a) === canonical(b);
  return decimal.test(a) && decimal.test(b) && Number(a) === Number(b);
}

function canonical(integer: string): string {
  const digits = integer.replace(/^[+-]?0*/, "");
  return integer.startsWith("-") && digits !== "" ? `-${digits}` : digits;
}

function equalJson(a: string | null, b: string | null): boolean {
  if (a === b) return true;
  if (a === null || b === null) return false;
  const value = read(a);
  return value !== undefined && equalValues(value, read(b));
}

function read(json: string): Value | undefined {
  try {
    return parseTaggedJson(json);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

/** Text as it is read from a column that it was written to: U+0000 and half surrogates are replaced. */
function asRead<Text extends string | null>(text: Text): Text {
  const written = columnText(text);
  return (written === null ? null : Buffer.from(written).toString()) as Text;
}

const longestShown = 60;

/** A value for a user: in quotes, without control characters, not more than fits. */
function show(text: string | null): string {
  if (text === null) return "null";
  return JSON.stringify(text.length > longestShown ? `${text.slice(0, longestShown)}…` : text);
}

function showOutcome({ value, text }: Pick<Outcome, "value" | "text">): string {
  return text === null ? String(value) : value === null ? show(text) : `${value} ${show(text)}`;
}
