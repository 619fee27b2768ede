/** One iteration of an experiment: a raw_data row, with its param_data and outcome_data rows. */
export interface Trial {
  readonly modelData: boolean;
  /** JSON of the trial's extra data; null if there is none. */
  readonly extraData: string | null;
  readonly params: readonly Param[];
  readonly outcomes: readonly Outcome[];
}

/** One parameter of a trial, or of one of its stimuli (`name_stimuli0` …). */
export interface Param {
  readonly name: string;
  /** The value as text. */
  readonly value: string | null;
  /** The double nearest to the number that the text spells; null if it spells none. */
  readonly number: number | null;
}

/**
 * One outcome of a trial: a number is in `value`, a text in `text`; both are null for no response. A text that spells a number is in
 * `value` too, and in `text` unless the number is written just so.
 */
export interface Outcome {
  readonly name: string;
  readonly value: number | null;
  readonly text: string | null;
}
