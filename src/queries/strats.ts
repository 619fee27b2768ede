import type { EntityManager } from "typeorm";
import { DatabaseError, type ReadOnlyStore, asUnreadable, pages, query } from "../database/index.js";
import { type Steps, type Value, codingOf, complete, decodeStoredInSteps, isMap } from "../protocol/index.js";
import { formatTimestamp } from "./time-bound.js";
import { TimeSlice } from "./time-slice.js";

/** A snapshot of a session, without its contents. */
export interface StratEntry {
  /** Its index among the session's strats: 0, 1, 2 … */
  readonly position: number;
  /** The seq of its message; null where AEPsych wrote the strat. */
  readonly seq: number | null;
  /** ISO 8601; without a zone where AEPsych wrote it. */
  readonly timestamp: string | null;
}

const pageSize = 500;

/**
 * The strats of a session in order.
 *
 * @param masterId the session's unique_id in master.
 * @param first the position at which to start.
 * @throws DatabaseError `unavailable` when the database cannot be read now.
 */
export async function* streamStrats(
  store: ReadOnlyStore,
  masterId: number,
  first = 0,
): AsyncGenerator<StratEntry, undefined, undefined> {
  const readPage = (last: number, size: number) => {
    // Positions are not stored: the first page skips rows, the others start after a key.
    const skipped = last === 0 ? first : 0;
    const sql = `
      select strat_data.unique_id, strat_data.timestamp, seq from strat_data
      left join replay_data on replay_data.unique_id = replay_table_id
      where strat_data.master_table_id = ${masterId} and strat_data.unique_id > ${last}
      order by strat_data.unique_id limit ${size} offset ${skipped}`;
    return store.readScope((manager) =>
      query<{ unique_id: number; timestamp: string | null; seq: number | null }>(manager, sql),
    );
  };
  let position = first;
  for await (const page of pages(readPage, ({ unique_id }) => unique_id, pageSize)) {
    for (const { timestamp, seq } of page) {
      yield { position, seq, timestamp: formatTimestamp(timestamp) };
      position += 1;
    }
  }
}

/**
 * The contents of one strat of a session.
 *
 * @param position 0 is the first, −1 the last.
 * @throws DatabaseError `unknown_strat` if there is none at this position, `unavailable`.
 */
export async function readStrat(store: ReadOnlyStore, masterId: number, position: number): Promise<Value> {
  const row = await store
    .readScope((manager) => findRow(manager, masterId, position))
    .catch((error: unknown) => {
      throw asUnreadable(error);
    });
  if (row !== undefined) return new TimeSlice(store).run(decodeContents(row));
  throw new DatabaseError("unknown_strat", `The session has no strat at position ${position}.`);
}

/**
 * A strat by its position; undefined if there is none.
 *
 * @param position 0 is the first, −1 the last.
 * @throws DatabaseError `bad_argument`.
 */
export async function findStrat(
  manager: EntityManager,
  masterId: number,
  position: number,
): Promise<Value | undefined> {
  const row = await findRow(manager, masterId, position);
  return row === undefined ? undefined : complete(decodeContents(row));
}

/** The columns of strat_data that hold a snapshot. */
export interface StratRow {
  readonly strat: Uint8Array | null;
  readonly coding: string | null;
  readonly replay_table_id: number | null;
}

/** Reads the snapshot of a row: as the client sent it, or as AEPsych stored it. */
export async function decodeStrat(manager: EntityManager, row: StratRow): Promise<Value> {
  return complete(decodeContents(await readContents(manager, row)));
}

/** A snapshot as it is stored: in its own column, or in the frame of its message. */
type StratContents = Pick<StratRow, "strat" | "coding"> & { readonly frame: Uint8Array | null };

async function findRow(
  manager: EntityManager,
  masterId: number,
  position: number,
): Promise<StratContents | undefined> {
  if (!Number.isSafeInteger(position)) {
    throw new DatabaseError(
      "bad_argument",
      `The position of a strat must be a whole number, not ${position}.`,
    );
  }
  const [order, offset] = position < 0 ? ["desc", -position - 1] : ["asc", position];
  const [row] = await query<StratRow>(
    manager,
    `select strat, coding, replay_table_id from strat_data where master_table_id = ${masterId}
     order by unique_id ${order} limit 1 offset ${offset}`,
  );
  return row === undefined ? undefined : readContents(manager, row);
}

async function readContents(
  manager: EntityManager,
  { strat, coding, replay_table_id: replayId }: StratRow,
): Promise<StratContents> {
  if (strat !== null || replayId === null) return { strat, coding, frame: null };
  const sql = `select message_contents from replay_data where unique_id = ${replayId}`;
  const [replay] = await query<{ message_contents: Uint8Array | null }>(manager, sql);
  return { strat, coding, frame: replay?.message_contents ?? null };
}

function* decodeContents({ strat, coding, frame }: StratContents): Steps<Value> {
  if (strat !== null) {
    return coding === "json" || coding === "messagepack" ? yield* decodeStoredInSteps(strat, coding) : strat;
  }
  const request = frame === null ? null : yield* decodeStoredInSteps(frame, codingOf(frame));
  return (isMap(request) ? request.get("message") : undefined) ?? null;
}
