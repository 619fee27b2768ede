import type { EntityManager } from "typeorm";
import type { Trial } from "../derivation/index.js";
import { type Cell, columnText, insertRows } from "./rows.js";

/** The trials of one tell, and what their rows have from it. */
export interface NewTrials {
  readonly trials: readonly Trial[];
  /** When the tell was received, as a column holds it. */
  readonly time: string | null;
  /** The unique_id of the session. */
  readonly masterId: number;
  /** The unique_id of the tell's replay row. */
  readonly replayId: number;
}

const rawColumns = ["timestamp", "model_data", "extra_data", "master_table_id", "replay_table_id"];

/** Writes every row of the trials: raw, param and outcome. */
export async function insertTrials(manager: EntityManager, tells: readonly NewTrials[]): Promise<void> {
  const trials: Trial[] = [];
  const cells: Cell[] = [];
  for (const { trials: told, time, masterId, replayId } of tells) {
    for (const trial of told) {
      cells.push(time, trial.modelData, trial.extraData, masterId, replayId);
      trials.push(trial);
    }
  }
  await insertCells(manager, trials, await insertRows(manager, "raw_data", rawColumns, cells));
}

/**
 * Writes the param and outcome rows of trials.
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
    for (const { name, value } of params) paramCells.push(columnText(name), columnText(value), id);
    for (const { name, value, text } of outcomes)
      outcomeCells.push(columnText(name), value, columnText(text), id);
  }
  await insertRows(manager, "param_data", ["param_name", "param_value", "iteration_id"], paramCells);
  await insertRows(
    manager,
    "outcome_data",
    ["outcome_name", "outcome_value", "outcome_text", "iteration_id"],
    outcomeCells,
  );
}
