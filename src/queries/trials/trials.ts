import type { EntityManager } from "typeorm";
import { type ReadOnlyStore, query, splitByBytes } from "../../database/index.js";
import type { Value } from "../../protocol/index.js";
import { checkSession } from "../check-session.js";
import { readParamText } from "./param-text.js";
import { readStoredJson } from "../stored-json.js";
import { formatTimestamp } from "../time-bound.js";
import { TimeSlice } from "../time-slice.js";

/** A trial with its parameters and outcomes. */
export interface Trial {
  /** Its number in the session: 1, 2, 3 … */
  readonly trial: number;
  /** The seq of its message; null where AEPsych wrote the trial itself. */
  readonly seq: number | null;
  /** When its message was received: ISO 8601; without a zone where AEPsych wrote it. */
  readonly timestamp: string | null;
  /** When its message was made, on the daemon's clock: ISO 8601 in UTC with microseconds; null if the client did not say. */
  readonly occurred_at: string | null;
  /** How far off that may be; null if it is not known. */
  readonly clock_uncertainty_ms: number | null;
  /** Whether it was meant for the model. */
  readonly model_data: boolean | null;
  /** By name; a repeated name becomes `name_2`, and so on. */
  readonly parameters: ReadonlyMap<string, number | boolean | string | null>;
  /** By name, as the parameters; null means no response. The text of a number stays a text where the number does not spell it. */
  readonly outcomes: ReadonlyMap<string, number | string | null>;
  readonly extra_data: Value;
}

/** A trial whose extra data is not yet decoded. */
type StoredTrial = Omit<Trial, "trial" | "extra_data"> & Pick<ExtraRow, "extra_data">;

interface RawRow {
  readonly unique_id: number;
  readonly seq: number | null;
  readonly timestamp: string | null;
  readonly occurred_at: string | null;
  readonly clock_uncertainty_ms: number | null;
  readonly model_data: boolean | number | null;
  /** The approximate size of its values. */
  readonly bytes: number;
  readonly replay_table_id: number | null;
}

interface ExtraRow {
  readonly unique_id: number;
  readonly extra_data: string | null;
}

/** A parameter or outcome, in the order of which they are read page by page. */
interface ValueRow {
  readonly iteration_id: number;
  readonly unique_id: number;
}

interface ParamRow extends ValueRow {
  readonly param_name: string | null;
  readonly param_value: string | null;
}

interface OutcomeRow extends ValueRow {
  readonly outcome_name: string | null;
  readonly outcome_value: number | null;
  readonly outcome_text: string | null;
}

/** Building objects from rows blocks the event loop: few enough for a millisecond or two. */
const pageSize = 200;

/** The parameters or outcomes read together: one trial may have a hundred thousand. */
const pageValues = 4000;

/** The most bytes of values that are read together. */
const maximumBytes = 256 * 1024;

/** Approximately the memory that a row takes without its text. */
const bytesOfRow = 64;

/** The trials of a message this short are small: skip measuring their values, which takes as long as reading them. */
const shortMessage = 1024;

const sizeOf = (table: string, text: string) =>
  `(select coalesce(sum(${bytesOfRow} + coalesce(octet_length(${text}), 0)), 0) from ${table} where iteration_id = raw_data.unique_id)`;

const bytesOfTrial = `
  coalesce(octet_length(extra_data), 0) + case when length(message_contents) <= ${shortMessage} then ${shortMessage}
  else ${sizeOf("param_data", "param_value")} + ${sizeOf("outcome_data", "outcome_text")} end`;

/**
 * The trials of a session in the order of their messages, after those that AEPsych wrote without a message. Memory stays flat,
 * and no transaction stays open between two trials.
 *
 * @param masterId the session's unique_id in master.
 * @param after the number of the trial after which to start.
 * @throws DatabaseError `unknown_session` at the end if the session was deleted meanwhile, `unavailable` when the database
 *   cannot be read now.
 */
export async function* streamTrials(
  store: ReadOnlyStore,
  masterId: number,
  after = 0,
): AsyncGenerator<Trial, undefined, undefined> {
  let last = after === 0 ? start : await findPosition(store, masterId, after);
  const slice = new TimeSlice(store);
  for (let number = after; last !== undefined;) {
    const page = await readPage(store, masterId, last);
    for (const part of splitByBytes(page, maximumBytes)) {
      for (const { extra_data: json, ...trial } of await readPart(store, part)) {
        const extra_data = await slice.run(readStoredJson(json));
        yield { trial: (number += 1), ...trial, extra_data };
      }
    }
    const end = page.at(-1);
    last =
      end === undefined || page.length < pageSize
        ? nextPart(last)
        : { replayId: end.replay_table_id ?? 0, uniqueId: end.unique_id };
  }
  await checkSession(store, masterId);
}

/** The position of a trial in the order of its session. */
interface Position {
  /** The unique_id of its message; 0 without a message. */
  readonly replayId: number;
  readonly uniqueId: number;
}

const start: Position = { replayId: 0, uniqueId: 0 };

/** The trials without a message come first, then the others. */
function nextPart({ replayId }: Position): Position | undefined {
  return replayId === 0 ? { replayId: 1, uniqueId: 0 } : undefined;
}

const withoutMessage = "replay_table_id is null";
const inOrder = "order by replay_table_id, raw_data.unique_id";

/** The position of the trial with this number; undefined if the session has fewer trials. */
async function findPosition(
  store: ReadOnlyStore,
  masterId: number,
  number: number,
): Promise<Position | undefined> {
  const ofSession = `from raw_data where master_table_id = ${masterId}`;
  return store.readScope(async (manager) => {
    const [counted] = await query<{ n: number | string }>(
      manager,
      `select count(*) as n ${ofSession} and ${withoutMessage}`,
    );
    const before = Number(counted?.n);
    const [condition, offset] =
      number <= before ? [withoutMessage, number - 1] : ["replay_table_id is not null", number - before - 1];
    const [row] = await query<{ unique_id: number; replay_table_id: number | null }>(
      manager,
      `select unique_id, replay_table_id ${ofSession} and ${condition} ${inOrder} limit 1 offset ${offset}`,
    );
    return row && { replayId: row.replay_table_id ?? 0, uniqueId: row.unique_id };
  });
}

/** The trials after a position, without the columns that may be large. */
async function readPage(
  store: ReadOnlyStore,
  masterId: number,
  { replayId, uniqueId }: Position,
): Promise<RawRow[]> {
  const afterPosition =
    replayId === 0
      ? `${withoutMessage} and raw_data.unique_id > ${uniqueId}`
      : `replay_table_id >= ${replayId} and (replay_table_id > ${replayId} or raw_data.unique_id > ${uniqueId})`;
  const rows = await store.readScope((manager) =>
    query<Omit<RawRow, "bytes"> & { readonly bytes: number | string }>(
      manager,
      `select raw_data.unique_id, seq, raw_data.timestamp, occurred_at, clock_uncertainty_ms, model_data, replay_table_id,
         ${bytesOfTrial} as bytes
       from raw_data left join replay_data on replay_data.unique_id = replay_table_id
       where raw_data.master_table_id = ${masterId} and ${afterPosition} ${inOrder} limit ${pageSize}`,
    ),
  );
  // PostgreSQL returns sums as text.
  return rows.map((row) => ({ ...row, bytes: Number(row.bytes) }));
}

/** Reads the values of these trials; leaves out trials deleted meanwhile, which a rebuild does. */
async function readPart(store: ReadOnlyStore, rows: readonly RawRow[]): Promise<StoredTrial[]> {
  const ids = rows.map(({ unique_id }) => unique_id).join(", ");
  return store.readScope(async (manager) => {
    const ofAepsych = new Set(
      rows.filter(({ replay_table_id }) => replay_table_id === null).map(({ unique_id }) => unique_id),
    );
    const parametersOf = new NamedValues<number | boolean | string | null>();
    for await (const row of readValues<ParamRow>(manager, "param_data", "param_name, param_value", ids)) {
      const value = readParamText(row.param_value, ofAepsych.has(row.iteration_id));
      parametersOf.add(row.iteration_id, row.param_name, value);
    }
    const outcomesOf = new NamedValues<number | string | null>();
    const columns = "outcome_name, outcome_value, outcome_text";
    for await (const row of readValues<OutcomeRow>(manager, "outcome_data", columns, ids)) {
      outcomesOf.add(row.iteration_id, row.outcome_name, row.outcome_text ?? row.outcome_value);
    }
    // Read last: a trial that still exists now was complete before.
    const extras = await query<ExtraRow>(
      manager,
      `select unique_id, extra_data from raw_data where unique_id in (${ids})`,
    );
    const extraDataOf = new Map(extras.map(({ unique_id, extra_data }) => [unique_id, extra_data]));
    return rows
      .filter(({ unique_id }) => extraDataOf.has(unique_id))
      .map((row) => ({
        seq: row.seq,
        timestamp: formatTimestamp(row.timestamp),
        occurred_at: row.occurred_at,
        clock_uncertainty_ms: row.clock_uncertainty_ms,
        model_data: row.model_data === null ? null : Boolean(row.model_data),
        parameters: parametersOf.get(row.unique_id),
        outcomes: outcomesOf.get(row.unique_id),
        extra_data: extraDataOf.get(row.unique_id) ?? null,
      }));
  });
}

/** Reads the parameters or outcomes of these trials in the order of the index on iteration_id, page by page. */
async function* readValues<Row extends ValueRow>(
  manager: EntityManager,
  table: string,
  columns: string,
  ids: string,
): AsyncGenerator<Row> {
  const select = `select iteration_id, unique_id, ${columns} from ${table} where iteration_id in (${ids})`;
  for (let after = ""; ;) {
    const sql = `${select}${after} order by iteration_id, unique_id limit ${pageValues}`;
    const page = await query<Row>(manager, sql);
    yield* page;
    const end = page.at(-1);
    if (end === undefined || page.length < pageValues) return;
    after = ` and (iteration_id, unique_id) > (${end.iteration_id}, ${end.unique_id})`;
  }
}

/** The values of trials by name. */
class NamedValues<Content> {
  readonly #ofTrials = new Map<number, Map<string, Content>>();

  add(trialId: number, name: string | null, value: Content): void {
    const values = this.get(trialId);
    let free = name ?? "";
    for (let n = 2; values.has(free); n += 1) free = `${name ?? ""}_${n}`;
    values.set(free, value);
    this.#ofTrials.set(trialId, values);
  }

  get(trialId: number): Map<string, Content> {
    return this.#ofTrials.get(trialId) ?? new Map<string, Content>();
  }
}
