import type { EntityManager } from "typeorm";
import { idLists, pages, query } from "../../database/index.js";

/** A trial as its rows hold it. */
export interface StoredTrial {
  readonly uniqueId: number;
  readonly timestamp: string | null;
  readonly modelData: boolean | null;
  readonly extraData: string | null;
  /** The unique_id of its session. */
  readonly masterId: number;
  /** The unique_id of the message that it was derived from; null for a trial that was written without one. */
  readonly replayId: number | null;
  readonly params: {
    readonly name: string | null;
    readonly value: string | null;
    readonly number: number | null;
  }[];
  readonly outcomes: {
    readonly name: string | null;
    readonly value: number | null;
    readonly text: string | null;
  }[];
}

/** The trials that were derived from each of these messages (by unique_id of replay_data), in the order of unique_id. */
export async function readDerivedTrials(
  manager: EntityManager,
  replayIds: readonly number[],
): Promise<Map<number, StoredTrial[]>> {
  const trialsOf = new Map<number, StoredTrial[]>();
  if (replayIds.length === 0) return trialsOf;
  const condition = `replay_table_id in (${replayIds.join(", ")})`;
  for (const trial of await readTrials(manager, `${condition} order by unique_id`)) {
    const replayId = trial.replayId ?? 0;
    const trials = trialsOf.get(replayId);
    if (trials === undefined) trialsOf.set(replayId, [trial]);
    else trials.push(trial);
  }
  return trialsOf;
}

const pageSize = 200;

/** The trials of a session that were written without a message, in the order of unique_id, page by page. */
export async function* readWrittenTrials(
  manager: EntityManager,
  masterId: number,
): AsyncGenerator<StoredTrial, undefined, undefined> {
  const ofSession = `master_table_id = ${masterId} and replay_table_id is null`;
  const read = (after: number, size: number) =>
    readTrials(manager, `${ofSession} and unique_id > ${after} order by unique_id limit ${size}`);
  for await (const page of pages(read, ({ uniqueId }) => uniqueId, pageSize)) yield* page;
  return undefined;
}

/** Counts the trials of a session that were written without a message. */
export async function countWrittenTrials(manager: EntityManager, masterId: number): Promise<number> {
  return count(
    manager,
    `select count(*) as n from raw_data where master_table_id = ${masterId} and replay_table_id is null`,
  );
}

/** Counts the trials of a session that refer to a message that is not a tell of that session. */
export async function countStrayTrials(manager: EntityManager, masterId: number): Promise<number> {
  return count(
    manager,
    `select count(*) as n from raw_data join replay_data on replay_data.unique_id = raw_data.replay_table_id
     where raw_data.master_table_id = ${masterId}
     and (replay_data.master_table_id <> ${masterId} or replay_data.message_type is null or replay_data.message_type <> 'tell')`,
  );
}

async function count(manager: EntityManager, sql: string): Promise<number> {
  const [row] = await query<{ n: number | string }>(manager, sql);
  return Number(row?.n ?? 0);
}

interface RawRow {
  unique_id: number;
  timestamp: string | null;
  model_data: boolean | number | null;
  extra_data: string | null;
  master_table_id: number;
  replay_table_id: number | null;
}

interface ParamRow {
  iteration_id: number;
  param_name: string | null;
  param_value: string | null;
  param_number: number | null;
}

interface OutcomeRow {
  iteration_id: number;
  outcome_name: string | null;
  outcome_value: number | null;
  outcome_text: string | null;
}

async function readTrials(manager: EntityManager, condition: string): Promise<StoredTrial[]> {
  const rows = await query<RawRow>(
    manager,
    `select unique_id, timestamp, model_data, extra_data, master_table_id, replay_table_id from raw_data where ${condition}`,
  );
  const trials = new Map<number, StoredTrial>();
  for (const row of rows) {
    trials.set(row.unique_id, {
      uniqueId: row.unique_id,
      timestamp: row.timestamp,
      modelData: row.model_data === null ? null : Boolean(row.model_data),
      extraData: row.extra_data,
      masterId: row.master_table_id,
      replayId: row.replay_table_id,
      params: [],
      outcomes: [],
    });
  }
  for (const ids of idLists([...trials.keys()])) {
    // In the order of the index on iteration_id, so that no engine scans the whole table to sort.
    const ofThese = `where iteration_id in (${ids}) order by iteration_id, unique_id`;
    const params = await query<ParamRow>(
      manager,
      `select iteration_id, param_name, param_value, param_number from param_data ${ofThese}`,
    );
    for (const { iteration_id, param_name: name, param_value: value, param_number: number } of params)
      trials.get(iteration_id)?.params.push({ name, value, number });
    const outcomes = await query<OutcomeRow>(
      manager,
      `select iteration_id, outcome_name, outcome_value, outcome_text from outcome_data ${ofThese}`,
    );
    for (const { iteration_id, outcome_name: name, outcome_value: value, outcome_text: text } of outcomes)
      trials.get(iteration_id)?.outcomes.push({ name, value, text });
  }
  return [...trials.values()];
}
