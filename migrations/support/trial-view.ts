/** What differs between the engines in the view `trial`. */
interface Dialect {
  /** Extra data of `trials` that are an object, a row for each of its members. */
  readonly members: string;
  /** The name of a member. */
  readonly name: string;
  /** The text of a member that is a scalar; NULL for null, lists and objects. */
  readonly text: string;
  /** Whether a member is null. */
  readonly isNull: string;
  /** Whether the text of a member may be that of a number. */
  readonly isNumber: string;
  /** The text of a member as a number; NULL if that is not finite. */
  readonly number: string;
}

/**
 * The select of the view `trial`: one row for each parameter, each outcome and each scalar of the extra data of each trial.
 *
 * @param postgresVersion of the server, as 180004; undefined for SQLite.
 */
export function selectTrials(postgresVersion: number | undefined): string {
  const dialect = postgresVersion === undefined ? sqlite : postgres(postgresVersion);
  const session = "session_id, master_table_id, experiment_name, experiment_id, participant_id";
  // All of these, so that a condition on one of them is applied before the trials of other sessions are numbered.
  const trials = `
    SELECT session_id, raw_data.master_table_id AS master_table_id, experiment_name, experiment_id, participant_id,
      row_number() OVER (
        PARTITION BY session_id, raw_data.master_table_id, experiment_name, experiment_id, participant_id
        ORDER BY replay_table_id IS NOT NULL, replay_table_id, raw_data.unique_id
      ) AS trial,
      raw_data.unique_id AS iteration_id, raw_data.timestamp AS timestamp, model_data, extra_data, seq, occurred_at
    FROM raw_data JOIN master ON master.unique_id = raw_data.master_table_id
    LEFT JOIN replay_data ON replay_data.unique_id = raw_data.replay_table_id`;
  const columns = `${session}, trial, trials.iteration_id AS iteration_id, timestamp, model_data, extra_data`;
  // The columns that an earlier version of the view lacks come last: only so can PostgreSQL replace a view that others read.
  const more = "seq, occurred_at";
  return `
    SELECT ${columns}, 'parameter' AS kind, param_name AS name, param_number AS value, param_value AS text, ${more}
    FROM (${trials}) AS trials JOIN param_data ON param_data.iteration_id = trials.iteration_id
    UNION ALL
    SELECT ${columns}, 'outcome', outcome_name, outcome_value, outcome_text, ${more}
    FROM (${trials}) AS trials JOIN outcome_data ON outcome_data.iteration_id = trials.iteration_id
    UNION ALL
    SELECT ${columns}, 'extra_data', name, CASE WHEN is_number THEN ${dialect.number} END, text, ${more}
    FROM (
      SELECT trials.*, ${dialect.name} AS name, ${dialect.text} AS text, ${dialect.isNull} AS is_null, ${dialect.isNumber} AS is_number
      FROM (${trials}) AS trials CROSS JOIN ${dialect.members}
    ) AS trials
    WHERE is_null OR text IS NOT NULL`;
}

/** Values that JSON lacks are objects with a tag as their only key, as `formatJson` writes them. */
const tags = ["$number", "$integer", "$timestamp"];

const readTags = (object: string, read: (tag: string) => string) =>
  tags.map((tag) => `WHEN '{"${tag}":"' || ${read(tag)} || '"}' = ${object} THEN ${read(tag)}`).join(" ");

// Functions only: an operator that a user's older SQLite does not know would keep it from opening the file.
const sqlite: Dialect = {
  members: `json_each(
    CASE WHEN json_valid(extra_data) THEN CASE WHEN json_type(extra_data) = 'object' THEN extra_data END END
  ) AS member`,
  name: "member.key",
  // The digits of a number as they are in the JSON: two paths give an array, which shows them. Some versions of SQLite cannot find a
  // key with an escape by its path.
  text: `CASE member.type
    WHEN 'text' THEN member.value
    WHEN 'true' THEN 'true'
    WHEN 'false' THEN 'false'
    WHEN 'object' THEN CASE ${readTags("member.value", (tag) => `json_extract(member.value, '$."${tag}"')`)} END
    WHEN 'array' THEN NULL
    WHEN 'null' THEN NULL
    ELSE CASE WHEN instr(member.fullkey, '\\') = 0
      THEN rtrim(ltrim(json_extract(extra_data, member.fullkey, '$[0]'), '['), ',nul]')
      ELSE CAST(member.value AS TEXT) END
    END`,
  isNull: "member.type = 'null'",
  isNumber: "member.type IN ('integer', 'real', 'object')",
  number: `CASE WHEN text NOT GLOB '*[^-+.0-9Ee]*' AND abs(CAST(text AS REAL)) < 9e999 THEN CAST(text AS REAL) + 0.0 END`,
};

function postgres(version: number): Dialect {
  // Before 16 only JSON that another program wrote, and wrote wrongly, makes the view fail.
  const isNew = version >= 160000;
  return {
    members: `LATERAL json_each(
      CASE WHEN extra_data ${isNew ? "IS JSON OBJECT" : "LIKE '{%'"} THEN extra_data::json END
    ) AS member (key, value)`,
    name: "member.key",
    text: `CASE json_typeof(member.value)
      WHEN 'object' THEN CASE ${readTags("member.value::text", (tag) => `(member.value ->> '${tag}')`)} END
      WHEN 'array' THEN NULL
      ELSE member.value #>> '{}' END`,
    isNull: "json_typeof(member.value) = 'null'",
    isNumber: "json_typeof(member.value) IN ('number', 'object')",
    number: `CASE WHEN text ~ '${isNew ? "^[-+.0-9Ee]*$' AND pg_input_is_valid(text, 'double precision')" : `${earlierNumber}'`}
      THEN CAST(text AS double precision) + 0 END`,
  };
}

/** At most as many digits (a count in a pattern is at most 255), and exponents as large, as always fit in a double. */
const earlierNumber =
  "^-?([0-9]{1,255}([.][0-9]{1,255})?|[1-9]([.][0-9]{1,255})?e[+-]?([12]?[0-9]{1,2}|30[0-6]))$";
