import {
  type ReadOnlyStore,
  DatabaseError,
  columnText,
  maximumInteger,
  placeholder,
  query,
  splitByBytes,
} from "../database/index.js";
import { type Value, readFrameInSteps } from "../protocol/index.js";
import { checkSession } from "./check-session.js";
import { formatTimestamp, readTimeBound, timestampAs } from "./time-bound.js";
import { TimeSlice } from "./time-slice.js";

/** Selects messages that meet every given condition. */
export interface MessageFilter {
  /** The first message: a seq, as digits, or a time (see {@link readTimeBound}). */
  readonly from?: string;
  /** The last message: a seq or a time. */
  readonly to?: string;
  /** The message types. */
  readonly types?: readonly string[];
}

/** A message with its decoded request. */
export interface Message {
  readonly seq: number;
  /** When it was received: ISO 8601; without a zone where AEPsych wrote it. */
  readonly timestamp: string | null;
  /** When it was made at the client, on the daemon's clock: ISO 8601 in UTC with microseconds; null if the client did not say. */
  readonly occurred_at: string | null;
  /** How far off that may be; null if it is not known. */
  readonly clock_uncertainty_ms: number | null;
  readonly type: string | null;
  /** Its id: chosen by the client, or else by the daemon. */
  readonly id: string;
  /** Why no trials could be derived from it; null if nothing went wrong. */
  readonly derivation_error: string | null;
  /** Everything the client sent; bytes if AEPsych's pickle could not be read. */
  readonly request: Value;
}

/** A message with the frame in which it arrived. */
export interface FramedMessage extends Message {
  /** The bytes as received; null for a message without contents. */
  readonly frame: Uint8Array | null;
}

interface MessageRow {
  readonly unique_id: number;
  readonly seq: number;
  readonly timestamp: string | null;
  readonly occurred_at: string | null;
  readonly clock_uncertainty_ms: number | null;
  readonly message_type: string | null;
  readonly message_id: string;
  readonly derivation_error: string | null;
  readonly bytes: number | null;
}

const pageSize = 200;

/** The most bytes of contents that are read together. */
const maximumBytes = 256 * 1024;

/**
 * The messages of a session in the order of seq, as committed when their page is read. Memory stays flat, and no transaction
 * stays open between two messages.
 *
 * @param masterId the session's unique_id in master.
 * @param after the seq after which to start.
 * @throws DatabaseError `bad_argument` for an invalid bound, `unknown_session` at the end if the session was deleted meanwhile,
 *   `unavailable` when the database cannot be read now.
 */
export async function* streamMessages(
  store: ReadOnlyStore,
  masterId: number,
  filter: MessageFilter = {},
  after = 0,
): AsyncGenerator<FramedMessage, undefined, undefined> {
  const conditions = readConditions(filter);
  const types = filter.types ?? [];
  const slice = new TimeSlice(store);
  for (let last = after; ;) {
    const page = await store.readScope((manager) => {
      const chosen = conditions.map(
        ([condition], index) => ` and ${condition} ${placeholder(manager, index)}`,
      );
      const ofTypes = types.map((_, index) => placeholder(manager, conditions.length + index)).join(", ");
      return query<MessageRow>(
        manager,
        `select unique_id, seq, timestamp, occurred_at, clock_uncertainty_ms, message_type, message_id, derivation_error,
         length(message_contents) as bytes
         from replay_data where master_table_id = ${masterId} and seq > ${last}${chosen.join("")}
         ${types.length > 0 ? `and message_type in (${ofTypes})` : ""} order by seq limit ${pageSize}`,
        [...conditions.map(([, value]) => value), ...types.map(columnText)],
      );
    });
    for (const part of splitByBytes(page, maximumBytes)) {
      for (const { frame, ...row } of await readPart(store, part)) {
        yield { ...row, request: await slice.run(readFrameInSteps(frame)), frame };
      }
    }
    const end = page.at(-1);
    if (end === undefined || page.length < pageSize) break;
    last = end.seq;
  }
  await checkSession(store, masterId);
  return undefined;
}

function readConditions({ from, to }: MessageFilter): [string, string | number][] {
  const conditions: [string, string | number][] = [];
  for (const [bound, text, comparison] of [
    ["from", from, ">="],
    ["to", to, "<="],
  ] as const) {
    if (text === undefined) continue;
    if (/^\d+$/.test(text)) conditions.push([`seq ${comparison}`, Math.min(Number(text), maximumInteger)]);
    else if (/^-\d+$/.test(text)) {
      throw new DatabaseError("bad_argument", `A seq must be a whole number from 1, not ${text}.`);
    } else conditions.push([`${timestampAs("timestamp")} ${comparison}`, readTimeBound(text, bound)]);
  }
  return conditions;
}

async function readPart(
  store: ReadOnlyStore,
  rows: readonly MessageRow[],
): Promise<Omit<FramedMessage, "request">[]> {
  const ids = rows.map(({ unique_id }) => unique_id).join(", ");
  const contents = await store.readScope((manager) =>
    query<{ unique_id: number; message_contents: Uint8Array | null }>(
      manager,
      `select unique_id, message_contents from replay_data where unique_id in (${ids})`,
    ),
  );
  const frames = new Map(contents.map(({ unique_id, message_contents }) => [unique_id, message_contents]));
  return rows
    .filter(({ unique_id }) => frames.has(unique_id))
    .map((row) => ({
      seq: row.seq,
      timestamp: formatTimestamp(row.timestamp),
      occurred_at: row.occurred_at,
      clock_uncertainty_ms: row.clock_uncertainty_ms,
      type: row.message_type,
      id: row.message_id,
      derivation_error: row.derivation_error,
      frame: frames.get(row.unique_id) ?? null,
    }));
}
