import type { Outcome, Param, Trial } from "../../derivation/index.js";
import {
  type Value,
  ProtocolError,
  equalValues,
  parseTaggedJson,
  readDecimal,
} from "../../protocol/index.js";
import { columnJson, columnText } from "../../database/index.js";
import { equalNumbers } from "./equal-numbers.js";
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
  if (stored.timestamp !== time) return `timestamp is ${showText(stored.timestamp)}, not ${showText(time)}`;
  if (stored.modelData !== derived.modelData)
    return `model_data is ${String(stored.modelData)}, not ${String(derived.modelData)}`;
  if (!equalJson(stored.extraData, columnJson(derived.extraData)))
    return `extra_data is ${showText(stored.extraData)}, not ${showText(derived.extraData)}`;
  return describeMismatch(stored, derived) ?? describeNumber(stored);
}

function describeNumber({ params }: StoredTrial): string | undefined {
  const wrong = params.find(({ value, number }) => number !== readDecimal(value));
  return (
    wrong &&
    `param_number of ${showText(wrong.name)} is ${String(wrong.number)}, not ${String(readDecimal(wrong.value))}`
  );
}

function describeMismatch(stored: StoredTrial, derived: Trial): string | undefined {
  if (stored.params.length !== derived.params.length)
    return `it has ${stored.params.length} parameters, not ${derived.params.length}`;
  if (stored.outcomes.length !== derived.outcomes.length)
    return `it has ${stored.outcomes.length} outcomes, not ${derived.outcomes.length}`;
  for (const [index, param] of derived.params.entries()) {
    const row = stored.params[index];
    if (row !== undefined && !(row.name === asRead(param.name) && equalParam(row.value, param)))
      return `parameter ${showText(row.name)} is ${showText(row.value)}, not ${showText(param.name)} ${showText(param.value)}`;
  }
  for (const [index, outcome] of derived.outcomes.entries()) {
    const row = stored.outcomes[index];
    if (row !== undefined && !(row.name === asRead(outcome.name) && equalOutcome(row, outcome)))
      return `outcome ${showText(row.name)} is ${showOutcome(row)}, not ${showText(outcome.name)} ${showOutcome(outcome)}`;
  }
  return undefined;
}

function equalParam(stored: string | null, { value }: Param): boolean {
  if (stored === asRead(value)) return true;
  return stored !== null && value !== null && equalNumbers(stored, value);
}

function equalOutcome(stored: Pick<Outcome, "value" | "text">, { value, text }: Outcome): boolean {
  // Not Object.is: SQLite stores −0 as 0.
  return stored.value === value && stored.text === asRead(text);
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
export function asRead<Text extends string | null>(text: Text): Text {
  const written = columnText(text);
  return (written === null ? null : Buffer.from(written).toString()) as Text;
}

const longestShown = 60;

/** A value for the user: quoted, with control characters escaped, shortened. */
export function showText(text: string | null): string {
  if (text === null) return "null";
  return JSON.stringify(text.length > longestShown ? `${text.slice(0, longestShown)}…` : text);
}

/** An outcome for the user. */
export function showOutcome({ value, text }: Pick<Outcome, "value" | "text">): string {
  return text === null ? String(value) : value === null ? showText(text) : `${value} ${showText(text)}`;
}
