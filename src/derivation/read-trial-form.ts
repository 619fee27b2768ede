import { type Value, isMap } from "../protocol/index.js";
import { SetupError, quote } from "./derivation-error.js";
import { defaultSection } from "./ini.js";
import type { TrialForm } from "./session.js";
import { toText } from "./text.js";

/**
 * The trial form that a config gives.
 *
 * @throws SetupError if `stimuli_per_trial` is not a whole number of at least 1.
 */
export function readTrialForm(sections: ReadonlyMap<string, Value>): TrialForm {
  const stimuli = findCommon(sections, "stimuli_per_trial");
  return {
    stimuliPerTrial: isAbsent(stimuli) && isPairwise(sections) ? 2 : readStimuliPerTrial(stimuli),
    outcomeNames: readList(findCommon(sections, "outcome_names")),
  };
}

/** A key of the section `common`. */
export function findCommon(sections: ReadonlyMap<string, Value>, key: string): Value | undefined {
  const common = sections.get(defaultSection);
  return isMap(common) ? common.get(key) : undefined;
}

/** The items of a list in a config, as a list or as text such as `[a, 'b']`, which may end in a comma; empty for anything else. */
export function readList(value: Value | undefined): readonly string[] {
  if (Array.isArray(value)) return value.map((item) => toText(item) ?? "");
  if (typeof value !== "string") return [];
  const list = /^\[(.*)\]$/s.exec(value.trim())?.[1] ?? value;
  const items = list.split(",").map((item) => item.trim().replace(/^(['"])(.*)\1$/s, "$2"));
  return items.at(-1) === "" ? items.slice(0, -1) : items;
}

/** Configs of early AEPsych say only by the type of outcome that a trial has two stimuli. */
function isPairwise(sections: ReadonlyMap<string, Value>): boolean {
  const type = findCommon(sections, "outcome_type");
  return typeof type === "string" && type.trim().startsWith("pairwise_");
}

function readStimuliPerTrial(value: Value | undefined): number {
  if (isAbsent(value)) return 1;
  const number = typeof value === "string" && /^\+?[0-9]+$/.test(value) ? Number(value) : value;
  if (typeof number === "number" && Number.isSafeInteger(number) && number >= 1) return number;
  throw new SetupError(
    `\`stimuli_per_trial\` must be a whole number of at least 1, not ${quote(toText(value) ?? "")}.`,
  );
}

function isAbsent(value: Value | undefined): value is undefined | null {
  return value === undefined || value === null;
}
