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
import { PickleError, readPickle } from "../pickle/read-pickle.js";
import { type Stored, asBuffer, bytesOf, textOf, withoutNul } from "./stored.js";

/** A message of AEPsych as telltale keeps it. */
export interface RecodedMessage {
  /** The frame; the pickle itself where it cannot be read; null where there was none. */
  readonly contents: Buffer | null;
  /** The type that the request names; null where it names none. */
  readonly type: string | null;
  /** What is wrong with the message; null where nothing is. */
  readonly error: string | null;
}

/** Recodes the pickle of a message. */
export function recodeMessage(stored: Stored): RecodedMessage {
  const pickle = bytesOf(stored);
  if (pickle === null) return { contents: null, type: null, error: null };
  try {
    const value = readPickle(pickle);
    const contents = asBuffer(encodeValue(value));
    if (!isMap(value)) return { contents, type: null, error: "The message that AEPsych kept is no object." };
    const type = value.get("type");
    return { contents, type: typeof type === "string" ? withoutNul(type) : null, error: null };
  } catch (error) {
    const error_ = `The message is kept as the pickle that AEPsych wrote: ${reasonOf(error)}.`;
    return { contents: pickle, type: null, error: error_ };
  }
}

/** How a strat is coded in its column. */
export type StratCoding = "bytes" | "json" | "messagepack" | "pickle";

/** Recodes the pickle of a strat: a BytesIO to what it holds, any other value to a frame. */
export function recodeStrat(stored: Stored): { strat: Buffer | null; coding: StratCoding | null } {
  const pickle = bytesOf(stored);
  if (pickle === null) return { strat: null, coding: null };
  try {
    const value = readPickle(pickle);
    if (value instanceof Uint8Array) return { strat: asBuffer(value), coding: "bytes" };
    const strat = asBuffer(encodeValue(value));
    return { strat, coding: codingOf(strat) };
  } catch (error) {
    reasonOf(error);
    return { strat: pickle, coding: "pickle" };
  }
}

/** Recodes a pickle to JSON text; one that cannot be read becomes JSON of its bytes. */
export function recodeToJson(stored: Stored): string | null {
  const pickle = bytesOf(stored);
  return pickle === null ? null : formatJson(readOrKeep(pickle));
}

/** Recodes a pickled config to JSON text of its sections, with the references between them resolved. */
export function recodeConfig(stored: Stored): string | null {
  const pickle = bytesOf(stored);
  if (pickle === null) return null;
  const value = readOrKeep(pickle);
  return formatJson(isMap(value) ? interpolateConfig(value) : value);
}

/** Recodes the extra data of a trial, which AEPsych wrote as a pickle of JSON text, to JSON text. */
export function recodeExtraData(stored: Stored): string | null {
  if (stored === null) return null;
  if (!Buffer.isBuffer(stored)) return recodeJsonText(stored);
  const value = readOrKeep(stored);
  return typeof value === "string" ? recodeJsonText(value) : formatJson(value);
}

/** JSON text in telltale's form; text that is no JSON becomes a JSON string. */
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

function readOrKeep(pickle: Buffer): Value {
  try {
    return readPickle(pickle);
  } catch (error) {
    reasonOf(error);
    return pickle;
  }
}

/** Why a pickle is kept as it is; any other error is one of the program, and is thrown. */
function reasonOf(error: unknown): string {
  if (error instanceof PickleError || error instanceof EncodingError) return error.message;
  throw error;
}
