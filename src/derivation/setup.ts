import { type Value, type ValueMap, isMap } from "../protocol/index.js";
import { SetupError, quote } from "./derivation-error.js";
import { type Sections, defaultSection, parseIni } from "./ini.js";
import { interpolate, lookUp } from "./interpolation.js";
import { findConfigWarnings } from "./config-warnings.js";
import { readTrialForm } from "./read-trial-form.js";
import type { TrialForm } from "./session.js";
import { toText } from "./text.js";

/** The session fields of a setup; null for a field that it does not give. */
export interface SetupFields {
  readonly experimentName: string | null;
  readonly experimentDescription: string | null;
  readonly experimentId: string | null;
  readonly participantId: string | null;
  /** All other metadata; empty if there is none. */
  readonly extraMetadata: Value;
  /** The config's sections, interpolated. */
  readonly sections: Sections;
  readonly trialForm: TrialForm;
  /** What in the config has no effect, one sentence each. */
  readonly warnings: readonly string[];
}

const standardFields = [
  "experiment_name",
  "experiment_description",
  "experiment_id",
  "participant_id",
] as const;
const configForms = ["config_str", "config_dict", "config"] as const;
const plainFields = [...standardFields, "extra_metadata"] as const;

/**
 * Derives a session's fields from its setup.
 *
 * A field of the message itself takes precedence over the config's `[metadata]` (which falls back to `[common]`), and that over the
 * envelope's `metadata`.
 *
 * @throws SetupError with a sentence that says what is wrong.
 */
export function deriveSetup(message: Value | undefined, metadata: Value | undefined): SetupFields {
  if (!isMap(message)) {
    throw new SetupError('The message of a setup must be an object, such as {"config_str": "[common] …"}.');
  }
  const known: readonly string[] = [...configForms, ...plainFields];
  if (message.size > 0 && ![...message.keys()].some((key) => known.includes(key))) {
    throw new SetupError(
      `The message of a setup must have at least one of ${known.map((key) => `\`${key}\``).join(", ")}.`,
    );
  }
  const config = readConfig(message);
  const sections = interpolate(config);
  const fields = readMetadata(message, config, sections, metadata);
  return {
    ...fields,
    sections,
    trialForm: readTrialForm(sections),
    warnings: findConfigWarnings(sections),
  };
}

/** The config's sections, before interpolation. */
function readConfig(message: ValueMap): Sections {
  const forms = configForms.filter((form) => (message.get(form) ?? null) !== null);
  if (forms.length > 1) throw new SetupError(`A setup can have only one of ${forms.join(", ")}.`);
  const [form] = forms;
  if (form === undefined) return new Map([[defaultSection, new Map<string, Value>()]]);
  const config = message.get(form);
  if (typeof config === "string" && form !== "config_dict") return parseIni(config);
  if (isMap(config) && form !== "config_str") return readSections(config);
  const expected = { config_str: "INI text", config_dict: "an object of sections" };
  throw new SetupError(
    `The \`${form}\` of a setup must be ${form === "config" ? "INI text or an object of sections" : expected[form]}.`,
  );
}

function readSections(config: ValueMap): Sections {
  const sections: Sections = new Map([[defaultSection, new Map<string, Value>()]]);
  for (const [name, content] of config) {
    if (!isMap(content))
      throw new SetupError(`Section ${quote(name)} of the config must be an object of keys.`);
    const section = new Map<string, Value>();
    for (const [key, value] of content) {
      if (section.has(key.toLowerCase())) {
        throw new SetupError(
          `Section ${quote(name)} of the config has the key ${quote(key.toLowerCase())} twice (keys ignore case).`,
        );
      }
      section.set(key.toLowerCase(), value);
    }
    sections.set(name, section);
  }
  return sections;
}

function readMetadata(message: ValueMap, config: Sections, sections: Sections, envelope: Value | undefined) {
  const own = sections.get("metadata") ?? new Map<string, Value>();
  const outer: ValueMap = isMap(envelope) ? envelope : new Map<string, Value>();
  const read = (field: (typeof standardFields)[number]) =>
    toText(message.get(field) ?? lookUp(config, "metadata", field) ?? outer.get(field) ?? null);
  const isExtra = ([key]: [string, Value]) => !standardFields.some((field) => field === key);
  const extra = new Map([...[...outer].filter(isExtra), ...[...own].filter(isExtra)]);
  const given = message.get("extra_metadata");
  return {
    experimentName: read("experiment_name"),
    experimentDescription: read("experiment_description"),
    experimentId: read("experiment_id"),
    participantId: read("participant_id"),
    // Extra metadata that is not an object cannot be merged with the config's: it replaces them.
    extraMetadata:
      given !== undefined && given !== null && !isMap(given) ? given : new Map([...extra, ...(given ?? [])]),
  };
}
