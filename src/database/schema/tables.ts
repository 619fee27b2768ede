/** The tables of telltale, and TypeORM's record of the migrations that were applied. */
export const tableNames = [
  "master",
  "replay_data",
  "strat_data",
  "config_data",
  "raw_data",
  "param_data",
  "outcome_data",
  "rejected_data",
  "deleted_session",
  "migrations",
];

/** The views of telltale. */
export const viewNames = ["session_overview", "trial"];
