/** Why no trials can be derived from a tell, and what the client is told. */
const sentences = {
  "tell must be an object":
    "The message of a tell must be an object with `config` and `outcome`, or a list of such.",
  "empty batch": "The tell is an empty list; it must hold at least one trial.",
  "config must be an object": "The `config` of a tell must be an object that maps parameter names to values.",
  "param must be scalar or list": "A parameter must be a number, string, boolean, null, or a list of these.",
  "empty list": "A parameter is an empty list; it must hold at least one value.",
  "mixed list":
    "A parameter mixes values and lists; it must be a list of values, or a list of lists of values.",
  "ragged or too deep":
    "Lists must all be of one length, and at most two deep: trials, then stimuli or outcomes.",
  "one value for several stimuli":
    "The session has several stimuli per trial, but a parameter has one value.",
  "stimuli count": "A parameter has not as many values as the session has stimuli per trial.",
  "trial counts differ": "The parameters do not agree on the number of trials.",
  "too many trials": "A tell may hold at most 10,000 trials and 250,000 parameters and outcomes; split it.",
  "too large":
    "The names and extra info of the tell, which stand in each of its trials, would take more than 32 MiB.",
  "outcome is missing": "The tell has no `outcome`; send null where there was no response.",
  "empty outcome": "The `outcome` is empty; send null where there was no response.",
  "one outcome for several trials": "The tell has several trials but one outcome; send one for each trial.",
  "outcome count": "The number of outcomes is not the number of trials.",
  "mixed outcome list": "An outcome list must hold only values, or only lists of values.",
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

/** What a user wrote, as a sentence quotes it: not more than fits. */
export function quote(text: string): string {
  return `\`${text.length > 60 ? `${text.slice(0, 60)}…` : text}\``;
}

/** No session can be begun from the setup; `message` is one sentence for the user. */
export class SetupError extends Error {
  override readonly name = "SetupError";
  readonly code = "bad_setup";
}
