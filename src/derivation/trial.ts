/** One iteration of an experiment: a raw_data row, with its param_data and outcome_data rows. */
export interface Trial {
  readonly modelData: boolean;
  /** JSON of what else was told with the trial; null without. */
  readonly extraData: string | null;
  readonly params: readonly Param[];
  readonly outcomes: readonly Outcome[];
}

/** One parameter of a trial, or of one stimulus of it (`name_stimuli0` …). */
export interface Param {
  readonly name: string;
  readonly value: string | null;
}

/** One outcome of a trial: a number in `value`, a word in `text`, no response in neither. */
export interface Outcome {
  readonly name: string;
  readonly value: number | null;
  readonly text: string | null;
}
