import type { EntityManager } from "typeorm";
import { query } from "../../database/index.js";
import {
  SetupError,
  type TrialForm,
  deriveSetup,
  plainForm,
  readFormOfConfig,
  readTrialForm,
} from "../../derivation/index.js";
import { ProtocolError, type Value, type ValueMap, isMap, parseTaggedJson } from "../../protocol/index.js";

/** The trial form of a session at each point of its log: files that AEPsych wrote may hold several setups in one session. */
export class SetupForms {
  #setups = 0;

  private constructor(
    readonly manager: EntityManager,
    readonly masterId: number,
    /** The form of a tell that comes after the setups so far. */
    public current: TrialForm,
  ) {}

  /** Begins before any setup, where the session's first config counts if there is one. */
  static async begin(manager: EntityManager, masterId: number): Promise<SetupForms> {
    const form = readFormOfConfig(await readConfigRow(manager, masterId, 0));
    return new SetupForms(manager, masterId, form ?? plainForm);
  }

  /**
   * Advances to the next setup. What the setup of a file that AEPsych wrote leaves out comes from the config that AEPsych made of it; of a
   * setup that cannot be read, all does. Without a config nothing changes.
   *
   * @param contents the setup's contents; undefined if they cannot be read.
   */
  async follow(contents: ValueMap | undefined, isOfAepsych: boolean): Promise<void> {
    const read = () => readConfigRow(this.manager, this.masterId, this.#setups);
    const form = readSetupForm(contents, isOfAepsych ? await read() : null) ?? readFormOfConfig(await read());
    this.#setups += 1;
    this.current = form ?? this.current;
  }
}

/** @param config the config row that fills in what the setup leaves out; null for none. */
function readSetupForm(contents: ValueMap | undefined, config: string | null): TrialForm | undefined {
  if (contents === undefined) return undefined;
  try {
    const { sections, trialForm } = deriveSetup(contents.get("message"), contents.get("metadata"));
    return (config === null ? undefined : completeForm(sections, config)) ?? trialForm;
  } catch (error) {
    if (error instanceof SetupError) return undefined;
    throw error;
  }
}

/** What a config says of a session's trials. */
const formKeys = ["stimuli_per_trial", "outcome_names"];

/** The form of a setup with what a config row adds; undefined if the row's cannot be read. */
function completeForm(sections: ReadonlyMap<string, Value>, config: string): TrialForm | undefined {
  if (readFormOfConfig(config) === undefined) return undefined;
  const [own, other] = [sections.get("common"), readCommon(config)];
  const added = [...other].filter(([key]) => formKeys.includes(key));
  return readTrialForm(new Map([["common", new Map([...added, ...(isMap(own) ? own : [])])]]));
}

function readCommon(config: string): ValueMap {
  try {
    const sections = parseTaggedJson(config);
    const common = isMap(sections) ? sections.get("common") : undefined;
    return isMap(common) ? common : new Map<string, Value>();
  } catch (error) {
    if (error instanceof ProtocolError) return new Map<string, Value>();
    throw error;
  }
}

/** A config of a session, counted from 0 in the order of unique_id. */
async function readConfigRow(
  manager: EntityManager,
  masterId: number,
  index: number,
): Promise<string | null> {
  const [row] = await query<{ config: string | null }>(
    manager,
    `select config from config_data where master_table_id = ${masterId} order by unique_id limit 1 offset ${index}`,
  );
  return row?.config ?? null;
}
