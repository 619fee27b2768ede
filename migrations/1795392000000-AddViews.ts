import type { QueryRunner } from "typeorm";
import type { Migration } from "./migration.js";
import { isSqlite, run } from "./support/schema.js";

/**
 * The views `session_overview` and `trial`, for SQL by hand, and an index on the trials of a session in their order. Does not
 * create a view if a user has a table or view of that name.
 */
export class AddViews1795392000000 implements Migration {
  readonly touches = ["raw_data"];

  async up(queryRunner: QueryRunner): Promise<void> {
    await run(
      queryRunner,
      "DROP INDEX raw_data_master_table_id",
      "CREATE INDEX raw_data_order ON raw_data (master_table_id, replay_table_id)",
    );
    const views = { session_overview: sessionOverview, trial: describeTrial(isSqlite(queryRunner)) };
    for (const [name, select] of Object.entries(views)) {
      if (!(await isTaken(queryRunner, name))) await run(queryRunner, `CREATE VIEW ${name} AS ${select}`);
    }
  }

  async isApplied(queryRunner: QueryRunner): Promise<boolean> {
    const table = await queryRunner.getTable("raw_data");
    return table?.indices.some(({ name }) => name === "raw_data_order") ?? false;
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await run(
      queryRunner,
      "DROP VIEW trial",
      "DROP VIEW session_overview",
      "DROP INDEX raw_data_order",
      "CREATE INDEX raw_data_master_table_id ON raw_data (master_table_id)",
    );
  }
}

const sessionOverview = `
  SELECT master.session_id, master.unique_id AS master_table_id, experiment_name, experiment_description, experiment_id,
    participant_id, extra_metadata, source, first_message.timestamp AS first_timestamp,
    last_message.timestamp AS last_timestamp, last_seq AS messages,
    (SELECT count(*) FROM raw_data WHERE raw_data.master_table_id = master.unique_id) AS trials
  FROM master
  LEFT JOIN replay_data AS first_message
    ON first_message.master_table_id = master.unique_id AND first_message.seq = 1
  LEFT JOIN replay_data AS last_message
    ON last_message.master_table_id = master.unique_id AND last_message.seq = master.last_seq`;

/** One row for each parameter and each outcome of each trial. */
export function describeTrial(isSqlite: boolean): string {
  const session = "session_id, master_table_id, experiment_name, experiment_id, participant_id";
  // All of these, so that a condition on one of them is applied before the trials of other sessions are numbered.
  const trials = `
    SELECT session_id, master_table_id, experiment_name, experiment_id, participant_id,
      row_number() OVER (
        PARTITION BY ${session} ORDER BY replay_table_id IS NOT NULL, replay_table_id, raw_data.unique_id
      ) AS trial,
      raw_data.unique_id AS iteration_id, timestamp, model_data, extra_data
    FROM raw_data JOIN master ON master.unique_id = raw_data.master_table_id`;
  const columns = `${session}, trial, trials.iteration_id, timestamp, model_data, extra_data`;
  return `
    SELECT ${columns}, 'parameter' AS kind, param_name AS name, ${numberIn("param_value", isSqlite)} AS value,
      param_value AS text
    FROM (${trials}) AS trials JOIN param_data ON param_data.iteration_id = trials.iteration_id
    UNION ALL
    SELECT ${columns}, 'outcome', outcome_name, outcome_value, outcome_text
    FROM (${trials}) AS trials JOIN outcome_data ON outcome_data.iteration_id = trials.iteration_id`;
}

/** A text as a number; NULL if it is not one. Neither engine may fail on any text. */
function numberIn(column: string, isSqlite: boolean): string {
  if (isSqlite) {
    return `CASE WHEN json_valid(${column}) THEN
      CASE WHEN json_type(${column}) IN ('integer', 'real') THEN CAST(${column} AS REAL) END END`;
  }
  // At most as many digits (a count in a pattern is at most 255), and exponents as large, as always fit in a double.
  const number =
    "^-?([0-9]{1,255}([.][0-9]{1,255})?|[1-9]([.][0-9]{1,255})?e[+-]?([12]?[0-9]{1,2}|30[0-6]))$";
  return `CASE WHEN ${column} ~ '${number}' THEN CAST(${column} AS double precision) END`;
}

async function isTaken(queryRunner: QueryRunner, name: string): Promise<boolean> {
  const sql = isSqlite(queryRunner)
    ? `SELECT 1 FROM sqlite_master WHERE name = '${name}'`
    : `SELECT 1 WHERE to_regclass('${name}') IS NOT NULL`;
  return ((await queryRunner.query(sql)) as unknown[]).length > 0;
}
