/** What the messages of a session are derived with; fixed by its setup. */
export interface Session {
  /** The session's UUID, in lower case. */
  readonly id: string;
  readonly experimentId: string;
  readonly trialForm: TrialForm;
}

/** How a session's tells are read. */
export interface TrialForm {
  /** How many stimuli one trial shows, from 1. */
  readonly stimuliPerTrial: number;
  /** Names for several outcomes of one trial; empty when the config gives none. */
  readonly outcomeNames: readonly string[];
}
