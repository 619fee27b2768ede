import type { EntityManager } from "typeorm";
import { query } from "../../database/index.js";
import {
  SetupError,
  type TrialForm,
  deriveSetup,
  plainForm,
  readFormOfConfig,
} from "../../derivation/index.js";
import type { ValueMap } from "../../protocol/index.js";

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
    const form = await readConfigForm(manager, masterId, 0);
    return new SetupForms(manager, masterId, form ?? plainForm);
  }

  /**
   * Advances to the next setup. If it cannot be read, the config stored with it counts; without one, nothing changes.
   *
   * @param contents the setup's contents; undefined if they cannot be read.
   */
  async follow(contents: ValueMap | undefined): Promise<void> {
    const form = readSetupForm(contents) ?? (await readConfigForm(this.manager, this.masterId, this.#setups));
    this.#setups += 1;
    this.current = form ?? this.current;
  }
}

function readSetupForm(contents: ValueMap | undefined): TrialForm | undefined {
  if (contents === undefined) return undefined;
  try {
    return deriveSetup(contents.get("message"), contents.get("metadata")).trialForm;
  } catch (error) {
    if (error instanceof SetupError) return undefined;
    throw error;
  }
}

/** The form in a config of a session, counted from 0 in the order of unique_id. */
async function readConfigForm(
  manager: EntityManager,
  masterId: number,
  index: number,
): Promise<TrialForm | undefined> {
  const [row] = await query<{ config: string | null }>(
    manager,
    `select config from config_data where master_table_id = ${masterId} order by unique_id limit 1 offset ${index}`,
  );
  return readFormOfConfig(row?.config ?? null);
}
