import {
  EncodingError,
  ProtocolError,
  type Value,
  codingOf,
  encodeValue,
  formatJson,
  isMap,
  parseJson,
} from "../../src/protocol/index.js";
import { interpolateConfig } from "./interpolate-config.js";
import type { Allowance, FileBudget } from "../pickle/budget.js";
import { PickleError, readPickle } from "../pickle/read-pickle.js";
import { type Stored, asBuffer, bytesOf, textOf, withoutNul } from "./stored.js";

/** A message of AEPsych in telltale's form. */
export interface RecodedMessage {
  /** The frame; the pickle itself if it cannot be read; null if there was none. */
  readonly contents: Buffer | null;
  /** The request's type; null if it has none. */
  readonly type: string | null;
  /** What is wrong with the message; null if nothing is. */
  readonly error: string | null;
}

/** Recodes the pickle of a message. */
export function recodeMessage(stored: Stored, budget: FileBudget): RecodedMessage {
  const pickle = bytesOf(stored);
  if (pickle === null) return { contents: null, type: null, error: null };
  try {
    const value = readPickle(pickle, budget.allow(pickle.length));
    const contents = asBuffer(encodeValue(value));
    if (!isMap(value))
      return { contents, type: null, error: "The message that AEPsych stored is not an object." };
    const type = value.get("type");
    return { contents, type: typeof type === "string" ? withoutNul(type) : null, error: null };
  } catch (error) {
    const error_ = `The message is kept as the pickle that AEPsych wrote: ${reasonOf(error)}.`;
    return { contents: pickle, type: null, error: error_ };
  }
}

/** The coding of a strat in its column. */
export type StratCoding = "bytes" | "json" | "messagepack" | "pickle";

/** Recodes the pickle of a strat: a BytesIO to its contents, any other value to a frame. */
export function recodeStrat(
  stored: Stored,
  budget: FileBudget,
): { strat: Buffer | null; coding: StratCoding | null } {
  const pickle = bytesOf(stored);
  if (pickle === null) return { strat: null, coding: null };
  try {
    const value = readPickle(pickle, budget.allow(pickle.length));
    if (value instanceof Uint8Array) return { strat: asBuffer(value), coding: "bytes" };
    const strat = asBuffer(encodeValue(value));
    return { strat, coding: codingOf(strat) };
  } catch (error) {
    reasonOf(error);
    return { strat: pickle, coding: "pickle" };
  }
}

/** Recodes a pickle to JSON text; a pickle that cannot be read becomes JSON of its bytes. */
export function recodeToJson(stored: Stored, budget: FileBudget): string | null {
  const pickle = bytesOf(stored);
  return pickle === null ? null : formatJson(readOrKeep(pickle, budget.allow(pickle.length)));
}

/** Recodes a pickled config to JSON text of its sections, with references resolved. */
export function recodeConfig(stored: Stored, budget: FileBudget): string | null {
  const pickle = bytesOf(stored);
  if (pickle === null) return null;
  const allowance = budget.allow(pickle.length);
  const value = readOrKeep(pickle, allowance);
  return formatJson(isMap(value) ? interpolateConfig(value, allowance) : value);
}

/** Recodes the extra data of a trial, which AEPsych wrote as a pickle of JSON text, to JSON text. */
export function recodeExtraData(stored: Stored, budget: FileBudget): string | null {
  if (stored === null) return null;
  if (!Buffer.isBuffer(stored)) return recodeJsonText(stored);
  const value = readOrKeep(stored, budget.allow(stored.length));
  return typeof value === "string" ? recodeJsonText(value) : formatJson(value);
}

/** Recodes JSON text to telltale's form; text that is not JSON becomes a JSON string. */
export function recodeJsonText(stored: Stored): string | null {
  const text = textOf(stored);
  if (text === null) return null;
  let value: Value;
  try {
    value = parseJson(text);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    value = text;
  }
  return formatJson(value);
}

function readOrKeep(pickle: Buffer, allowance: Allowance): Value {
  try {
    return readPickle(pickle, allowance);
  } catch (error) {
    reasonOf(error);
    return pickle;
  }
}

/** Why a pickle is kept unchanged; throws any other error, which is a fault in the program. */
function reasonOf(error: unknown): string {
  if (error instanceof PickleError || error instanceof EncodingError) return error.message;
  throw error;
}
