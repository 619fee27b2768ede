import { type ReadOnlyStore, query } from "../database/index.js";
import type { Value } from "../protocol/index.js";
import { readFrame } from "./messages.js";
import { formatTimestamp } from "./time-bound.js";

/** What arrived and could not become a message. */
export interface Rejection {
  readonly unique_id: number;
  /** The session that its connection was in; null where it was in none. */
  readonly session_id: string | null;
  readonly timestamp: string | null;
  /** The protocol's error code. */
  readonly code: string;
  /** The sentence that the client was told. */
  readonly reason: string;
  readonly peer: string | null;
  /** The frame's length in bytes; null where it is not known. */
  readonly length: number | null;
  /** What the frame said; its text or bytes where that cannot be read; null for one over the size limit. */
  readonly request: Value;
}

type RejectionRow = Omit<Rejection, "request"> & { readonly contents: Uint8Array | null };

/** Frames may be large: few of them are read at a time. */
const pageSize = 20;

/**
 * The rejected messages in the order in which they arrived.
 *
 * @param masterId the unique_id in master of the session whose connections sent them; all of them without it.
 * @param after the unique_id after which to begin.
 * @throws DatabaseError `unavailable` when the database cannot be read now.
 */
export async function* streamRejections(
  database: ReadOnlyStore,
  masterId?: number,
  after = 0,
): AsyncGenerator<Rejection, undefined, undefined> {
  for (let last = after; ;) {
    const sql = `
      select rejected_data.unique_id, session_id, timestamp, code, reason, peer, length, contents from rejected_data
      left join master on master.unique_id = master_table_id
      where rejected_data.unique_id > ${last}${masterId === undefined ? "" : ` and master_table_id = ${masterId}`}
      order by rejected_data.unique_id limit ${pageSize}`;
    const page = await database.readScope((manager) => query<RejectionRow>(manager, sql));
    for (const { contents, ...row } of page) {
      yield { ...row, timestamp: formatTimestamp(row.timestamp), request: readContents(contents) };
    }
    const end = page.at(-1);
    if (end === undefined || page.length < pageSize) return undefined;
    last = end.unique_id;
  }
}

function readContents(contents: Uint8Array | null): Value {
  const read = readFrame(contents);
  if (!(read instanceof Uint8Array)) return read;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(read);
  } catch {
    return read;
  }
}
