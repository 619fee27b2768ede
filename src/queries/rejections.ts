import { type ReadOnlyStore, pages, query } from "../database/index.js";
import { type Steps, type Value, readFrameInSteps } from "../protocol/index.js";
import { formatTimestamp } from "./time-bound.js";
import { TimeSlice } from "./time-slice.js";

/** A frame that was rejected: it arrived, but could not become a message. */
export interface Rejection {
  readonly unique_id: number;
  /** The session of its connection; null if the connection had none. */
  readonly session_id: string | null;
  readonly timestamp: string | null;
  /** The protocol's error code. */
  readonly code: string;
  /** The error sentence that the client received. */
  readonly reason: string;
  readonly peer: string | null;
  /** The frame's length in bytes; null if unknown. */
  readonly length: number | null;
  /** The decoded frame; its text or bytes if it cannot be decoded; null for a frame over the size limit. */
  readonly request: Value;
}

type RejectionRow = Omit<Rejection, "request"> & { readonly contents: Uint8Array | null };

/** Frames may be large: read few at a time. */
const pageSize = 20;

/**
 * The rejected frames in the order in which they arrived.
 *
 * @param masterId the unique_id in master of the session whose connections sent them; without it, all are read.
 * @param after the unique_id after which to start.
 * @throws DatabaseError `unavailable` when the database cannot be read now.
 */
export async function* streamRejections(
  store: ReadOnlyStore,
  masterId?: number,
  after = 0,
): AsyncGenerator<Rejection, undefined, undefined> {
  const ofSession = masterId === undefined ? "" : ` and master_table_id = ${masterId}`;
  const readPage = (last: number, size: number) => {
    const sql = `
      select rejected_data.unique_id, session_id, timestamp, code, reason, peer, length, contents from rejected_data
      left join master on master.unique_id = master_table_id
      where rejected_data.unique_id > ${last}${ofSession}
      order by rejected_data.unique_id limit ${size}`;
    return store.readScope((manager) => query<RejectionRow>(manager, sql));
  };
  const slice = new TimeSlice(store);
  for await (const page of pages(readPage, ({ unique_id }) => unique_id, pageSize, after)) {
    for (const { contents, ...row } of page) {
      const request = await slice.run(readContents(contents));
      yield { ...row, timestamp: formatTimestamp(row.timestamp), request };
    }
  }
}

function* readContents(contents: Uint8Array | null): Steps<Value> {
  const read = yield* readFrameInSteps(contents);
  if (!(read instanceof Uint8Array)) return read;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(read);
  } catch {
    return read;
  }
}
