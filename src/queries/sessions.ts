import {
  type ReadOnlyStore,
  DatabaseError,
  type Liveness,
  columnText,
  isLive,
  pages,
  placeholder,
  query,
} from "../database/index.js";
import { findConfigWarnings } from "../derivation/index.js";
import { type Steps, type Value, isMap } from "../protocol/index.js";
import { findMaster } from "./find-session.js";
import { type SessionFilter, readConditions } from "./session-filter.js";
import {
  type RejectedReason,
  type UnderivableReason,
  isUnderivable,
  readRejectedReasons,
  readUnderivableReasons,
} from "./losses.js";
import { readConfig } from "./session-config.js";
import { readStoredJson } from "./stored-json.js";
import { formatTimestamp } from "./time-bound.js";
import { TimeSlice } from "./time-slice.js";

/** A summary of a session; its members are named as the columns. */
export interface SessionOverview {
  readonly session_id: string;
  /** The unique_id in master. */
  readonly unique_id: number;
  readonly experiment_name: string | null;
  readonly experiment_description: string | null;
  readonly experiment_id: string | null;
  readonly participant_id: string | null;
  /** The file that it was imported from; null for a session recorded here. */
  readonly source: string | null;
  /** When its first and last messages were received: ISO 8601; without a zone where AEPsych wrote them. */
  readonly first_at: string | null;
  readonly last_at: string | null;
  readonly messages: number;
  readonly trials: number;
  /** How many tells are stored but gave no trial. */
  readonly underivable: number;
  /** How many messages of its connections were rejected. */
  readonly rejected: number;
  /** Whether more messages are expected: the last one is not an exit, and less than ten minutes old. */
  readonly live: boolean;
  /** What the setup says of the session besides these fields, such as age or room. */
  readonly extra_metadata: Value;
}

/** A session with its config, and why messages have no trial. */
export interface SessionDetails extends SessionOverview {
  /** What in the config has no effect, one sentence each. */
  readonly config_warnings: string[];
  /** The most frequent reasons why tells gave no trial. */
  readonly underivable_reasons: readonly UnderivableReason[];
  /** The most frequent reasons why messages were rejected. */
  readonly rejected_reasons: readonly RejectedReason[];
  /** The sections of its last config; null if it has none. */
  readonly config: Value;
}

/** The columns that count; PostgreSQL returns them as text. */
type Count = "trials" | "underivable" | "rejected";

interface OverviewRow
  extends
    Omit<SessionOverview, "live" | "extra_metadata" | Count>,
    Readonly<Record<Count, number | string>>,
    Liveness {
  readonly extra_metadata: string | null;
}

const selectOverview = `
  select session_id, master.unique_id, experiment_name, experiment_description, experiment_id, participant_id, source,
    first_message.timestamp as first_at, last_message.timestamp as last_at, last_message.message_type as last_type,
    last_seq as messages, (select count(*) from raw_data where master_table_id = master.unique_id) as trials,
    (select count(*) from replay_data as tell
      where master_table_id = master.unique_id and ${isUnderivable("tell")} = 1) as underivable,
    (select count(*) from rejected_data where master_table_id = master.unique_id) as rejected, extra_metadata
  from master
  left join replay_data as first_message on first_message.master_table_id = master.unique_id and first_message.seq = 1
  left join replay_data as last_message
    on last_message.master_table_id = master.unique_id and last_message.seq = master.last_seq`;

/** Metadata may be large. */
const pageSize = 20;

/**
 * The sessions that a filter selects, in the order in which they were started here.
 *
 * @param after the unique_id after which to start.
 * @throws DatabaseError as {@link readConditions}.
 */
export async function* streamSessions(
  store: ReadOnlyStore,
  filter: SessionFilter = {},
  after = 0,
): AsyncGenerator<SessionOverview, undefined, undefined> {
  const conditions = await readConditions(store, filter);
  const readPage = (last: number, size: number) =>
    store.readScope((manager) => {
      const chosen = conditions.map(
        ([condition], index) => ` and ${condition} ${placeholder(manager, index)}`,
      );
      return query<OverviewRow>(
        manager,
        `${selectOverview} where master.unique_id > ${last}${chosen.join("")} order by master.unique_id limit ${size}`,
        conditions.map(([, value]) => columnText(value)),
      );
    });
  const slice = new TimeSlice(store);
  for await (const page of pages(readPage, ({ unique_id }) => unique_id, pageSize, after)) {
    for (const row of page) yield await slice.run(readOverview(row));
  }
}

/**
 * The session that a user names; see `readSessionName`.
 *
 * @throws DatabaseError `unknown_session`, `ambiguous_session`, or `unavailable`.
 */
export async function findSession(store: ReadOnlyStore, name: string): Promise<SessionOverview> {
  return new TimeSlice(store).run(readOverview(await findRow(store, name)));
}

/** As {@link findSession}, with its config, and why messages have no trial. */
export async function readSession(store: ReadOnlyStore, name: string): Promise<SessionDetails> {
  const overview = await findSession(store, name);
  const { unique_id, underivable, rejected } = overview;
  const config = await readConfig(store, unique_id);
  return {
    ...overview,
    underivable_reasons: underivable === 0 ? [] : await readUnderivableReasons(store, unique_id),
    rejected_reasons: rejected === 0 ? [] : await readRejectedReasons(store, unique_id),
    config_warnings: isMap(config) ? findConfigWarnings(config) : [],
    config,
  };
}

async function findRow(store: ReadOnlyStore, name: string): Promise<OverviewRow> {
  const [row] = await store.readScope(async (manager) => {
    const masterId = await findMaster(manager, name);
    return query<OverviewRow>(manager, `${selectOverview} where master.unique_id = ${masterId}`);
  });
  // The session may have been deleted between the two statements.
  if (row === undefined) throw new DatabaseError("unknown_session", `Session ${name} no longer exists.`);
  return row;
}

function* readOverview({ last_type, ...row }: OverviewRow): Steps<SessionOverview> {
  return {
    ...row,
    first_at: formatTimestamp(row.first_at),
    last_at: formatTimestamp(row.last_at),
    trials: Number(row.trials),
    underivable: Number(row.underivable),
    rejected: Number(row.rejected),
    extra_metadata: yield* readStoredJson(row.extra_metadata),
    live: isLive({ ...row, last_type }),
  };
}
