import { type BareDatabase, type BareStatement, type Parameter, prepareInsert } from "./bare-database.js";
import { config, encode, makeSetup, makeTell } from "../harness/load/workload.js";

/** A tell for the bare driver, with everything that telltale would have to derive. */
export interface BareTell {
  /** The unique_id of its replay row and of its raw row; assigned beforehand, so that the driver does not have to query them. */
  readonly rowId: number;
  /** The unique_id of its session. */
  readonly masterId: number;
  readonly seq: number;
  readonly id: string;
  readonly frame: Buffer;
  readonly extraInfo: string;
  readonly params: readonly (readonly [name: string, value: string])[];
  readonly outcome: number;
  /** ISO 8601 in UTC. */
  readonly time: string;
}

/** One tell of a session for the bare driver; the session's setup has seq 1, its first trial seq 2. */
export function makeBareTell(
  session: string,
  masterId: number,
  trial: number,
  rowId: number,
  time: string,
): BareTell {
  const tell = makeTell(session, trial);
  const { config: params, outcome } = tell.message;
  return {
    rowId,
    masterId,
    seq: trial + 1,
    id: tell.id,
    frame: Buffer.from(encode(tell, "json")),
    extraInfo: JSON.stringify(tell.extra_info),
    params: Object.entries(params).map(([name, [value]]) => [name, String(value)] as const),
    outcome,
    time,
  };
}

/** Inserts the rows of a fixed number of tells, with one statement for each of the four tables. */
export class TellInserts {
  readonly #replay: BareStatement;
  readonly #raw: BareStatement;
  readonly #param: BareStatement;
  readonly #outcome: BareStatement;

  /** @param batch the number of tells passed to {@link insert}. */
  constructor(
    readonly driver: BareDatabase,
    batch: number,
  ) {
    this.#replay = prepareInsert(driver, "replay_data", replayColumns, batch);
    this.#raw = prepareInsert(driver, "raw_data", rawColumns, batch);
    this.#param = prepareInsert(driver, "param_data", paramColumns, 2 * batch);
    this.#outcome = prepareInsert(driver, "outcome_data", outcomeColumns, batch);
  }

  /** Inserts the tells' rows; the caller manages the transaction. */
  async insert(tells: readonly BareTell[]): Promise<void> {
    const replay: Parameter[] = [];
    const raw: Parameter[] = [];
    const param: Parameter[] = [];
    const outcome: Parameter[] = [];
    for (const tell of tells) {
      const { rowId, masterId, time, extraInfo } = tell;
      replay.push(rowId, time, "tell", tell.frame, extraInfo, masterId, tell.seq, tell.id, null, null);
      raw.push(rowId, time, true, extraInfo, masterId, rowId);
      for (const [name, value] of tell.params) param.push(name, value, rowId);
      outcome.push("outcome", tell.outcome, null, rowId);
    }
    await this.#replay(replay);
    await this.#raw(raw);
    await this.#param(param);
    await this.#outcome(outcome);
  }
}

/**
 * Inserts the rows of a session's setup: master, replay, config.
 *
 * @param rowId the unique_id of its replay row.
 * @param lastSeq the seq of the session's last message, after all inserts.
 */
export async function insertSetup(
  driver: BareDatabase,
  session: string,
  masterId: number,
  rowId: number,
  lastSeq: number,
  time: string,
): Promise<void> {
  const insert = async (table: string, row: Readonly<Record<string, Parameter>>) => {
    await prepareInsert(driver, table, Object.keys(row), 1)(Object.values(row));
  };
  await insert("master", {
    unique_id: masterId,
    experiment_id: session,
    participant_id: session,
    extra_metadata: "{}",
    session_id: session,
    last_seq: lastSeq,
  });
  await insert("replay_data", {
    unique_id: rowId,
    timestamp: time,
    message_type: "setup",
    message_contents: Buffer.from(encode(makeSetup(session), "json")),
    master_table_id: masterId,
    seq: 1,
    message_id: session,
  });
  await insert("config_data", { timestamp: time, config: config.sections, master_table_id: masterId });
}

const replayColumns = [
  "unique_id",
  "timestamp",
  "message_type",
  "message_contents",
  "extra_info",
  "master_table_id",
  "seq",
  "message_id",
  "sent_at",
  "derivation_error",
];
const rawColumns = [
  "unique_id",
  "timestamp",
  "model_data",
  "extra_data",
  "master_table_id",
  "replay_table_id",
];
const paramColumns = ["param_name", "param_value", "iteration_id"];
const outcomeColumns = ["outcome_name", "outcome_value", "outcome_text", "iteration_id"];
