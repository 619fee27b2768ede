import { expect } from "chai";
import { type Row, readRows } from "../../harness/rows.js";
import { ReadOnlyStore } from "../../src/database/index.js";
import type { Daemon } from "../../src/index.js";
import type { Coding } from "../../src/protocol/index.js";
import { findSession } from "../../src/queries/index.js";
import { Replay, type SendReport, sendSession } from "../../src/replay/index.js";
import { Client } from "../../harness/client.js";

/** A signal that is never aborted. */
export const never: AbortSignal = new AbortController().signal;

/** Sends a session as `telltale replay --to-url` does. */
export async function send(db: string, url: string, name = "last"): Promise<SendReport> {
  const database = await ReadOnlyStore.open(db);
  try {
    const session = await findSession(database, name);
    const replay = new Replay(database, session.unique_id);
    return await sendSession(replay, session, url, { signal: never, reconnectAfterMs: 10 });
  } finally {
    await database.close();
  }
}

/** A report of a session that was sent to its end. */
export const whole = (counts: Partial<SendReport>): SendReport => ({
  stored: 0,
  duplicates: 0,
  refused: [],
  failure: undefined,
  ...counts,
});

/**
 * Every row that the messages of a session left in a database, without what depends on when it was written: timestamps and row
 * numbers.
 */
export async function readAll(db: string): Promise<Row[][]> {
  const of = (condition: string) => `join master on master.unique_id = ${condition} order by session_id`;
  return Promise.all(
    [
      `select experiment_name, experiment_description, experiment_id, participant_id, extra_metadata, session_id, last_seq,
         source, rebuild_due from master order by session_id`,
      `select session_id, seq, message_type, message_contents, extra_info, message_id, sent_at, derivation_error
       from replay_data ${of("master_table_id")}, seq`,
      `select session_id, config from config_data ${of("master_table_id")}`,
      `select session_id, seq, strat, coding from strat_data
       join replay_data on replay_data.unique_id = replay_table_id ${of("strat_data.master_table_id")}, seq`,
      `select session_id, seq, model_data, extra_data from raw_data
       join replay_data on replay_data.unique_id = replay_table_id ${of("raw_data.master_table_id")}, seq, raw_data.unique_id`,
      `select session_id, param_name, param_value from param_data join raw_data on raw_data.unique_id = iteration_id
       ${of("master_table_id")}, param_data.unique_id`,
      `select session_id, outcome_name, outcome_value, outcome_text from outcome_data
       join raw_data on raw_data.unique_id = iteration_id ${of("master_table_id")}, outcome_data.unique_id`,
    ].map((sql) => readRows(db, sql)),
  );
}

/** As {@link readAll}, without the contents of messages. */
export async function readAllButContents(db: string): Promise<Row[][]> {
  const rows = await readAll(db);
  return rows.map((table) => table.map((row) => ({ ...row, message_contents: null })));
}

/** Text as a SQLite blob literal. */
export const blob = (text: string) => `x'${Buffer.from(text).toString("hex")}'`;

/** A config with two parameters and two outcomes. */
export const config = "[common]\nparnames = [x, y]\nstimuli_per_trial = 1\noutcome_names = [hit, rt]\n";

/** Sends messages to a daemon, which stores each. */
export async function play(daemon: Daemon, coding: Coding, messages: readonly object[]): Promise<void> {
  const client = await Client.connect(daemon.url, coding);
  for (const message of messages) expect(await client.request(message)).to.include({ stored: true });
  await client.close();
}
