import type { EntityManager } from "typeorm";
import type { Trial } from "../../derivation/index.js";
import { type Cell, columnJson, columnText, insertRows, insertRowsWithoutIds } from "../sql.js";

/** The trials of one tell, and the cells that their rows take from it. */
export interface NewTrials {
  readonly trials: readonly Trial[];
  /** When the tell was received, in the columns' format. */
  readonly time: string | null;
  /** The unique_id of the session. */
  readonly masterId: number;
  /** The unique_id of the tell's replay row. */
  readonly replayId: number;
}

const rawColumns = ["timestamp", "model_data", "extra_data", "master_table_id", "replay_table_id"];

/** Inserts every row of the trials: raw, param and outcome. */
export async function insertTrials(manager: EntityManager, tells: readonly NewTrials[]): Promise<void> {
  const trials: Trial[] = [];
  const cells: Cell[] = [];
  for (const { trials: trialsOfTell, time, masterId, replayId } of tells) {
    for (const trial of trialsOfTell) {
      cells.push(time, trial.modelData, columnJson(trial.extraData), masterId, replayId);
      trials.push(trial);
    }
  }
  await insertCells(manager, trials, await insertRows(manager, "raw_data", rawColumns, cells));
}

/**
 * Inserts the param and outcome rows of trials.
 *
 * @param ids the unique_ids of the trials' raw rows, in the order of the trials.
 */
export async function insertCells(
  manager: EntityManager,
  trials: readonly Trial[],
  ids: readonly number[],
): Promise<void> {
  const paramCells: Cell[] = [];
  const outcomeCells: Cell[] = [];
  for (const [index, { params, outcomes }] of trials.entries()) {
    const id = ids[index] ?? 0;
    for (const { name, value, number } of params)
      paramCells.push(columnText(name), columnText(value), number, id);
    for (const { name, value, text } of outcomes)
      outcomeCells.push(columnText(name), value, columnText(text), id);
  }
  await insertRowsWithoutIds(
    manager,
    "param_data",
    ["param_name", "param_value", "param_number", "iteration_id"],
    paramCells,
  );
  await insertRowsWithoutIds(
    manager,
    "outcome_data",
    ["outcome_name", "outcome_value", "outcome_text", "iteration_id"],
    outcomeCells,
  );
}

const maximumWaiting = { trials: 500, characters: 1024 * 1024 };

/** Inserts the trials of tells in order, batching those of many small tells. */
export class TrialInserter {
  #waiting: NewTrials[] = [];
  #trials = 0;
  #characters = 0;

  constructor(readonly manager: EntityManager) {}

  async insert(tell: NewTrials): Promise<void> {
    if (tell.trials.length === 0) return;
    this.#waiting.push(tell);
    this.#trials += tell.trials.length;
    this.#characters += tell.trials.reduce((sum, trial) => sum + countCharacters(trial), 0);
    if (this.#trials >= maximumWaiting.trials || this.#characters >= maximumWaiting.characters)
      await this.flush();
  }

  /** Inserts the trials that wait. */
  async flush(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#trials = 0;
    this.#characters = 0;
    await insertTrials(this.manager, waiting);
  }
}

/** Roughly how much memory a trial's texts take. */
export function countCharacters({ extraData, params, outcomes }: Trial): number {
  const values = [...params.map(({ value }) => value), ...outcomes.map(({ text }) => text), extraData];
  return values.reduce((sum, text) => sum + (text?.length ?? 0), 0);
}
