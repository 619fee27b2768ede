import type { EntityManager } from "typeorm";
import type { Trial } from "../../derivation/index.js";
import { type NewTrials, idLists, insertCells, placeholder, query } from "../../database/index.js";

/** The changes to the trials of one tell. */
export interface Replacement extends Pick<NewTrials, "time" | "masterId"> {
  /** Trials that get new contents and keep their unique_id. */
  readonly changed: readonly { readonly uniqueId: number; readonly trial: Trial }[];
  /** The unique_ids of trials that the tell does not have. */
  readonly surplus: readonly number[];
}

/** Changes and removes trials, so that the remaining ones are the first of those that the tell should have. */
export async function replaceTrials(manager: EntityManager, replacement: Replacement): Promise<void> {
  const { changed, surplus, time: receivedAt, masterId } = replacement;
  const changedIds = changed.map(({ uniqueId }) => uniqueId);
  await deleteWhereIn(manager, "param_data", "iteration_id", [...changedIds, ...surplus]);
  await deleteWhereIn(manager, "outcome_data", "iteration_id", [...changedIds, ...surplus]);
  await deleteWhereIn(manager, "raw_data", "unique_id", surplus);
  for (const { uniqueId, trial } of changed) {
    const [time, modelData, extraData] = [0, 1, 2].map((index) => placeholder(manager, index));
    await query(
      manager,
      `update raw_data set timestamp = ${time}, model_data = ${modelData}, extra_data = ${extraData},
       master_table_id = ${masterId} where unique_id = ${uniqueId}`,
      [receivedAt, trial.modelData, trial.extraData],
    );
  }
  await insertCells(
    manager,
    changed.map(({ trial }) => trial),
    changedIds,
  );
}

async function deleteWhereIn(
  manager: EntityManager,
  table: string,
  column: string,
  ids: readonly number[],
): Promise<void> {
  for (const some of idLists(ids)) await query(manager, `delete from ${table} where ${column} in (${some})`);
}
