import { type Row, readRows } from "../../../harness/rows.js";

/** How the rows of each table are read, for any two databases: ordered by sessions and messages, and by their ids only among these. */
const queries = {
  masters: `select session_id, experiment_name, experiment_description, experiment_id, participant_id, extra_metadata, last_seq, rebuild_due
    from master order by session_id`,
  messages: `select session_id, seq, message_id, timestamp, message_type, message_contents, extra_info, sent_at, derivation_error
    from replay_data join master on master.unique_id = master_table_id order by session_id, seq`,
  configs: `select session_id, timestamp, config from config_data join master on master.unique_id = master_table_id
    order by session_id, config_data.unique_id`,
  strats: `select session_id, seq, strat_data.timestamp, strat, coding from strat_data
    join master on master.unique_id = strat_data.master_table_id
    left join replay_data on replay_data.unique_id = replay_table_id order by session_id, coalesce(seq, 0), strat_data.unique_id`,
  trials: `select session_id, seq, raw_data.timestamp, model_data, extra_data from raw_data
    join master on master.unique_id = raw_data.master_table_id
    left join replay_data on replay_data.unique_id = replay_table_id order by session_id, coalesce(seq, 0), raw_data.unique_id`,
  params: `select session_id, seq, param_name, param_value from param_data join raw_data on raw_data.unique_id = iteration_id
    join master on master.unique_id = raw_data.master_table_id
    left join replay_data on replay_data.unique_id = replay_table_id
    order by session_id, coalesce(seq, 0), raw_data.unique_id, param_data.unique_id`,
  outcomes: `select session_id, seq, outcome_name, outcome_value, outcome_text from outcome_data
    join raw_data on raw_data.unique_id = iteration_id join master on master.unique_id = raw_data.master_table_id
    left join replay_data on replay_data.unique_id = replay_table_id
    order by session_id, coalesce(seq, 0), raw_data.unique_id, outcome_data.unique_id`,
  rejections: `select session_id, timestamp, code, reason, peer, contents, length from rejected_data
    join master on master.unique_id = master_table_id order by session_id, rejected_data.unique_id`,
};

/** Everything that a database holds of its sessions but its own ids, table by table, so that two databases can be compared. */
export async function readSessions(location: string): Promise<Record<keyof typeof queries, Row[]>> {
  const tables = Object.entries(queries).map(async ([name, sql]) => [name, await readRows(location, sql)]);
  return Object.fromEntries(await Promise.all(tables)) as Record<keyof typeof queries, Row[]>;
}

const tables = [
  "master",
  "replay_data",
  "config_data",
  "strat_data",
  "raw_data",
  "param_data",
  "outcome_data",
  "rejected_data",
];

/** Every row of a database, ids included. */
export async function readTables(location: string): Promise<Row[][]> {
  return Promise.all(tables.map((table) => readRows(location, `select * from ${table} order by unique_id`)));
}
