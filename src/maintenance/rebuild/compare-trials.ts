import type { Outcome, Param, Trial } from "../../derivation/index.js";
import {
  type Value,
  ProtocolError,
  equalValues,
  parseTaggedJson,
  readDecimal,
} from "../../protocol/index.js";
import { columnJson, columnText } from "../../database/index.js";
import type { StoredTrial } from "./stored-trials.js";

/**
 * Describes the first difference between a stored trial and the derived one to the user; undefined if they are equal. Numbers and
 * the JSON of extra_data are compared by value.
 *
 * @param time when the tell was received, as its column holds it.
 * @param masterId the session's unique_id.
 */
export function describeDifference(
  stored: StoredTrial,
  derived: Trial,
  time: string | null,
  masterId: number,
): string | undefined {
  if (stored.masterId !== masterId) return "it belongs to another session";
  if (stored.timestamp !== time) return `timestamp is ${show(stored.timestamp)}, not ${show(time)}`;
  if (stored.modelData !== derived.modelData)
    return `model_data is ${String(stored.modelData)}, not ${String(derived.modelData)}`;
  if (!equalJson(stored.extraData, columnJson(derived.extraData)))
    return `extra_data is ${show(stored.extraData)}, not ${show(derived.extraData)}`;
  return describeMismatch(stored, derived) ?? describeNumber(stored);
}

function describeNumber({ params }: StoredTrial): string | undefined {
  const wrong = params.find(({ value, number }) => number !== readDecimal(value));
  return (
    wrong &&
    `param_number of ${show(wrong.name)} is ${String(wrong.number)}, not ${String(readDecimal(wrong.value))}`
  );
}

/**
 * As {@link describeDifference}, for parameters and outcomes only: their order, names and values. A trial that AEPsych wrote itself,
 * without a message, may have values as Python formats them.
 */
export function describeMismatch(stored: StoredTrial, derived: Trial): string | undefined {
  if (stored.params.length !== derived.params.length)
    return `it has ${stored.params.length} parameters, not ${derived.params.length}`;
  if (stored.outcomes.length !== derived.outcomes.length)
    return `it has ${stored.outcomes.length} outcomes, not ${derived.outcomes.length}`;
  const isWritten = stored.replayId === null;
  const equal = isWritten ? equalParamOfAepsych : equalParam;
  const equalResult = isWritten ? equalOutcomeOfAepsych : equalOutcome;
  for (const [index, param] of derived.params.entries()) {
    const row = stored.params[index];
    if (row !== undefined && !(row.name === asRead(param.name) && equal(row.value, param)))
      return `parameter ${show(row.name)} is ${show(row.value)}, not ${show(param.name)} ${show(param.value)}`;
  }
  for (const [index, outcome] of derived.outcomes.entries()) {
    const row = stored.outcomes[index];
    if (row !== undefined && !(row.name === asRead(outcome.name) && equalResult(row, outcome)))
      return `outcome ${show(row.name)} is ${showOutcome(row)}, not ${show(outcome.name)} ${showOutcome(outcome)}`;
  }
  return undefined;
}

function equalParam(stored: string | null, { value }: Param): boolean {
  if (stored === asRead(value)) return true;
  return stored !== null && value !== null && equalNumbers(stored, value);
}

/** Python's `str` of the values that telltale writes differently: AEPsych's `handle_tell` writes `param_value=str(value)`. */
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
  // Not Object.is: SQLite stores −0 as 0.
  return stored.value === value && stored.text === asRead(text);
}

/** AEPsych keeps no text of an outcome that it takes for a number. */
function equalOutcomeOfAepsych(stored: Pick<Outcome, "value" | "text">, outcome: Outcome): boolean {
  return equalOutcome(stored, outcome.value === null ? outcome : { ...outcome, text: stored.text });
}

const integer = /^[+-]?[0-9]+$/;
const decimal = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

function equalNumbers(a: string, b: string): boolean {
  // Two different large integers may be the same double.
  if (integer.test(a) && integer.test(b)) return canonical(a) === canonical(b);
  return decimal.test(a) && decimal.test(b) && Number(a) === Number(b);
}

function canonical(text: string): string {
  const digits = text.replace(/^[+-]?0*/, "");
  return text.startsWith("-") && digits !== "" ? `-${digits}` : digits;
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

/** Text as it comes back from a column: U+0000 and lone surrogates are replaced. */
function asRead<Text extends string | null>(text: Text): Text {
  const written = columnText(text);
  return (written === null ? null : Buffer.from(written).toString()) as Text;
}

const longestShown = 60;

/** A value for the user: quoted, with control characters escaped, shortened. */
function show(text: string | null): string {
  if (text === null) return "null";
  return JSON.stringify(text.length > longestShown ? `${text.slice(0, longestShown)}…` : text);
}

function showOutcome({ value, text }: Pick<Outcome, "value" | "text">): string {
  return text === null ? String(value) : value === null ? show(text) : `${value} ${show(text)}`;
}
