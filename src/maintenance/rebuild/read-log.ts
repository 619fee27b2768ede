import type { EntityManager } from "typeorm";
import type { Occurrence } from "../../derivation/index.js";
import { ProtocolError, type ValueMap, codingOf, decodeFrame, isMap } from "../../protocol/index.js";
import { pages, query, splitByBytes } from "../../database/index.js";

/** A message of the log, as its row holds it. */
export interface LoggedMessage {
  readonly uniqueId: number;
  readonly seq: number;
  readonly type: string | null;
  /** Whether AEPsych wrote it, and an upgrade gave it its id. */
  readonly isOfAepsych: boolean;
  readonly timestamp: string | null;
  readonly derivationError: string | null;
  readonly contents: Uint8Array | null;
  /** JSON. */
  readonly extraInfo: string | null;
  readonly occurrence: Occurrence;
}

interface ContentsRow {
  unique_id: number;
  message_contents: Uint8Array | null;
  extra_info: string | null;
}

/** For a large message, contents and extra_info are null and read separately. */
interface MessageRow extends ContentsRow {
  seq: number;
  message_id: string;
  message_type: string | null;
  timestamp: string | null;
  derivation_error: string | null;
  occurred_at: string | null;
  clock_offset_ms: number | null;
  clock_uncertainty_ms: number | null;
  bytes: number;
}

/** The ids that an upgrade gives to the messages of AEPsych. */
export const idOfAepsych = /^aepsych-[0-9]+$/;

const pageSize = 200;

/** Contents of at most this many bytes are read with the row. */
const smallBytes = 1024;

/** The most bytes of contents to read together: a megabyte of tells may become ten of trials. */
const maximumBytes = 256 * 1024;

const bytes = "coalesce(length(message_contents), 0) + coalesce(length(extra_info), 0)";
const unlessLarge = (column: string) => `case when ${bytes} <= ${smallBytes} then ${column} end as ${column}`;

/**
 * The messages of a session with these types, or all, in the order of seq, at least one at a time.
 *
 * @param after the seq after which to begin; 0 for all.
 */
export async function* readLog(
  manager: EntityManager,
  masterId: number,
  types: readonly string[] | "all",
  after = 0,
): AsyncGenerator<LoggedMessage[], undefined, undefined> {
  const ofTypes =
    types === "all" ? "" : `and message_type in (${types.map((type) => `'${type}'`).join(", ")})`;
  const read = (last: number, limit: number) =>
    query<MessageRow>(
      manager,
      `select unique_id, seq, message_id, message_type, timestamp, derivation_error, ${bytes} as bytes,
       occurred_at, clock_offset_ms, clock_uncertainty_ms,
       ${unlessLarge("message_contents")}, ${unlessLarge("extra_info")} from replay_data
       where master_table_id = ${masterId} and seq > ${last} ${ofTypes} order by seq limit ${limit}`,
    );
  for await (const page of pages(read, ({ seq }) => seq, pageSize, after)) {
    for (const part of splitByBytes(page, maximumBytes)) yield await readPart(manager, part);
  }
  return undefined;
}

/** The decoded contents of a message; undefined if they are missing or cannot be decoded. */
export function readContents({ contents }: LoggedMessage): ValueMap | undefined {
  if (contents === null) return undefined;
  try {
    const value = decodeFrame(contents, codingOf(contents));
    return isMap(value) ? value : undefined;
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

async function readPart(manager: EntityManager, rows: readonly MessageRow[]): Promise<LoggedMessage[]> {
  const contentsOf = await readLarge(manager, rows);
  return rows.map((row) => {
    const { message_contents, extra_info } = contentsOf.get(row.unique_id) ?? row;
    return {
      uniqueId: row.unique_id,
      seq: row.seq,
      type: row.message_type,
      isOfAepsych: idOfAepsych.test(row.message_id),
      timestamp: row.timestamp,
      derivationError: row.derivation_error,
      contents: message_contents,
      extraInfo: extra_info,
      occurrence: {
        occurredAt: row.occurred_at,
        clockOffsetMs: row.clock_offset_ms,
        clockUncertaintyMs: row.clock_uncertainty_ms,
      },
    };
  });
}

async function readLarge(
  manager: EntityManager,
  rows: readonly MessageRow[],
): Promise<Map<number, ContentsRow>> {
  const ids = rows.filter(({ bytes }) => bytes > smallBytes).map(({ unique_id }) => unique_id);
  if (ids.length === 0) return new Map();
  const contents = await query<ContentsRow>(
    manager,
    `select unique_id, message_contents, extra_info from replay_data where unique_id in (${ids.join(", ")})`,
  );
  return new Map(contents.map((row) => [row.unique_id, row]));
}
