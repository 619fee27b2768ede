import type { Value } from "../protocol/index.js";
import { findCommon, readList } from "./read-trial-form.js";

/** What in a config has no effect although it is meant to have one, one sentence each. */
export function findConfigWarnings(sections: ReadonlyMap<string, Value>): string[] {
  const names = readList(findCommon(sections, "outcome_names"));
  const types = readList(findCommon(sections, "outcome_types"));
  if (names.length === 0 || types.length === 0 || names.length === types.length) return [];
  return [
    `The config has ${names.length} \`outcome_names\` but ${types.length} \`outcome_types\`, so the outcomes of its trials do not get these names; give one name per outcome.`,
  ];
}
