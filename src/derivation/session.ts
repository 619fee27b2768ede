/** What deriving rows from a session's messages needs; fixed by its setup. */
export interface Session {
  /** The session's UUID, in lower case. */
  readonly id: string;
  readonly experimentId: string;
  readonly trialForm: TrialForm;
}

/** The form of a session's trials, which determines how its tells are read. */
export interface TrialForm {
  /** The number of stimuli in one trial, at least 1. */
  readonly stimuliPerTrial: number;
  /** Names for several outcomes of one trial; empty if the config gives none. */
  readonly outcomeNames: readonly string[];
}
