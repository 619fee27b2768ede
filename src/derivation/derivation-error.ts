/** Why no trials can be derived from a tell, with the sentence for the client. */
const sentences = {
  "tell must be an object":
    "The message of a tell must be an object with `config` and `outcome`, or a list of such objects.",
  "one trial must be an object":
    "With `batch: false`, the message of a tell must be one object with `config` and `outcome`.",
  "empty batch": "The tell is an empty list; it must have at least one trial.",
  "config must be an object": "The `config` of a tell must be an object that maps parameter names to values.",
  "param must be scalar or list": "A parameter must be a number, string, boolean, null, or a list of these.",
  "empty list": "A parameter is an empty list; it must have at least one value.",
  "mixed list":
    "A parameter mixes values and lists; it must be a list of values, or a list of lists of values.",
  "ragged or too deep":
    "Nested lists must all have the same length and be at most two deep: trials, then stimuli or outcomes.",
  "one value for several stimuli":
    "The session has several stimuli per trial, but a parameter has one value; send a list, one value per stimulus.",
  "stimuli count": "A parameter must have one value per stimulus (stimuli_per_trial).",
  "trial counts differ": "All parameters must have the same number of trials.",
  "too many trials": "A tell can have at most 10,000 trials and 250,000 parameters and outcomes; split it.",
  "too large":
    "The names and extra info of the tell are stored with each trial and would take more than 32 MiB; split the tell.",
  "outcome is missing": "The tell has no `outcome`; send null if there was no response.",
  "empty outcome": "The `outcome` is empty; send null if there was no response.",
  "one outcome for several trials": "The tell has several trials but only one outcome; send one per trial.",
  "outcome count": "The number of outcomes must be the number of trials.",
  "mixed outcome list": "An outcome list must have only values, or only lists of values.",
  "outcome must be scalar or list": "An outcome must be a number, string, boolean, null, or a list of these.",
  model_data: "The `model_data` of a tell must be a boolean, a number or null.",
} as const;

export type DerivationReason = keyof typeof sentences;

/** No trials can be derived from the tell; `message` is one sentence for the user. */
export class DerivationError extends Error {
  override readonly name = "DerivationError";
  readonly code = "underivable";

  constructor(readonly reason: DerivationReason) {
    super(sentences[reason]);
  }
}

/** Quotes a user's text in a sentence, shortened to 60 characters. */
export function quote(text: string): string {
  return `\`${text.length > 60 ? `${text.slice(0, 60)}…` : text}\``;
}

/** The setup cannot begin a session; `message` is one sentence for the user. */
export class SetupError extends Error {
  override readonly name = "SetupError";
  readonly code = "bad_setup";
}
