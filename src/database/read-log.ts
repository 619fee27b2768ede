import type { EntityManager } from "typeorm";
import { ProtocolError, type ValueMap, codingOf, decodeFrame, isMap } from "../protocol/index.js";
import { query } from "./rows.js";
import { splitByBytes } from "./split-by-bytes.js";

/** A message of the log, as its row says. */
export interface LoggedMessage {
  readonly uniqueId: number;
  readonly seq: number;
  readonly type: string;
  readonly timestamp: string | null;
  readonly derivationError: string | null;
  readonly contents: Uint8Array | null;
  /** JSON. */
  readonly extraInfo: string | null;
}

interface MessageRow {
  unique_id: number;
  seq: number;
  message_type: string;
  timestamp: string | null;
  derivation_error: string | null;
  bytes: number | null;
}

interface ContentsRow {
  unique_id: number;
  message_contents: Uint8Array | null;
  extra_info: string | null;
}

const pageSize = 200;

/** Contents beyond this many bytes are not read together: a megabyte of tells may be ten of trials. */
const maximumBytes = 256 * 1024;

/** The messages of a session of these types, in the order of seq: some at a time, each of them at least one. */
export async function* readLog(
  manager: EntityManager,
  masterId: number,
  types: readonly string[],
): AsyncGenerator<LoggedMessage[], undefined, undefined> {
  const list = types.map((type) => `'${type}'`).join(", ");
  for (let last = 0; ;) {
    const rows = await query<MessageRow>(
      manager,
      `select unique_id, seq, message_type, timestamp, derivation_error, length(message_contents) as bytes from replay_data
       where master_table_id = ${masterId} and seq > ${last} and message_type in (${list}) order by seq limit ${pageSize}`,
    );
    for (const part of splitByBytes(rows, maximumBytes)) yield await readPart(manager, part);
    const end = rows.at(-1);
    if (end === undefined) return undefined;
    last = end.seq;
  }
}

/** What a message says; undefined where that is missing, or cannot be read. */
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
  const ids = rows.map(({ unique_id }) => unique_id).join(", ");
  const contents = await query<ContentsRow>(
    manager,
    `select unique_id, message_contents, extra_info from replay_data where unique_id in (${ids})`,
  );
  const contentsOf = new Map(contents.map((row) => [row.unique_id, row]));
  return rows.map((row) => ({
    uniqueId: row.unique_id,
    seq: row.seq,
    type: row.message_type,
    timestamp: row.timestamp,
    derivationError: row.derivation_error,
    contents: contentsOf.get(row.unique_id)?.message_contents ?? null,
    extraInfo: contentsOf.get(row.unique_id)?.extra_info ?? null,
  }));
}
