import { Timestamp, type Value, formatJson, isMap } from "../../protocol/index.js";
import type { TrialColumn } from "./trial-columns.js";
import type { Trial } from "./trials.js";

/** The columns that every trial has; those of parameters, outcomes and extra data follow. */
export const trialHeadings = [
  "trial",
  "seq",
  "timestamp",
  "occurred_at",
  "clock_uncertainty_ms",
  "model_data",
] as const;

/** The cells of a trial: of {@link trialHeadings}, then of each column; null if the trial has nothing of that name. */
export function widenTrial(trial: Trial, columns: readonly TrialColumn[]): Value[] {
  return [
    ...trialHeadings.map((heading) => trial[heading]),
    ...columns.map((column) => readCell(trial, column)),
  ];
}

function readCell({ parameters, outcomes, extra_data }: Trial, { kind, name }: TrialColumn): Value {
  if (kind === "extra_data") {
    if (name === null) return isMap(extra_data) ? null : extra_data;
    return isMap(extra_data) ? (extra_data.get(name) ?? null) : null;
  }
  return (kind === "parameter" ? parameters : outcomes).get(name ?? "") ?? null;
}

/**
 * Formats a cell as text: text, numbers and times unchanged (including `Infinity`, `NaN` and integers of any size), everything else
 * as JSON, and a missing value as null.
 */
export function formatCell(value: Value): string | null {
  if (value === null || typeof value === "string") return value;
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "bigint" || (typeof value === "number" && !Number.isFinite(value)))
    return String(value);
  return value instanceof Timestamp ? value.toISOString() : formatJson(value);
}
