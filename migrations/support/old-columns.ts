import type { ColumnKind } from "./rows.js";

/** The columns of AEPsych's tables, and how each is read. */
export const oldColumns = {
  master: {
    experiment_name: "text",
    experiment_description: "text",
    experiment_id: "text",
    participant_id: "text",
    extra_metadata: "text",
  },
  replay_data: {
    timestamp: "text",
    message_type: "text",
    message_contents: "bytes",
    extra_info: "bytes",
    master_table_id: "plain",
  },
  strat_data: { timestamp: "text", strat: "bytes", master_table_id: "plain" },
  config_data: { timestamp: "text", config: "bytes", master_table_id: "plain" },
  raw_data: { timestamp: "text", model_data: "plain", extra_data: "either", master_table_id: "plain" },
  param_data: { param_name: "text", param_value: "text", iteration_id: "plain" },
  outcome_data: { outcome_name: "text", outcome_value: "plain", iteration_id: "plain" },
} as const satisfies Record<string, Record<string, ColumnKind>>;
