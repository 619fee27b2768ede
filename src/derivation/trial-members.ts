import { type Value, type ValueMap, formatJson, isMap } from "../protocol/index.js";
import { DerivationError } from "./derivation-error.js";

/** Whether the trials of a tell are meant for the model. @throws DerivationError. */
export function readModelData(tell: ValueMap): boolean {
  const value = tell.get("model_data");
  if (value === undefined) return true;
  if (value !== null && !["boolean", "number", "bigint"].includes(typeof value)) {
    throw new DerivationError("model_data");
  }
  return Boolean(value);
}

/** The extra data that each trial of a tell gets, as JSON: its other members over the envelope's extra info; null if there is none. */
export function readExtraData(tell: ValueMap, extraInfo: Value | undefined): string | null {
  const own = new Map(tell);
  for (const key of ["config", "outcome", "model_data"]) own.delete(key);
  if (own.size === 0) return isMap(extraInfo) && extraInfo.size > 0 ? formatJson(extraInfo) : null;
  return formatJson(isMap(extraInfo) ? new Map([...extraInfo, ...own]) : own);
}
