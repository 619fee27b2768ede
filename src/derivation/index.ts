/** Derives rows from messages: a setup to its session's fields and config, a tell to trials. Pure, no I/O. */
export { toOutcome, toParam } from "./columns.js";
export { findConfigWarnings } from "./config-warnings.js";
export { type AnnouncedNames, readAnnouncedNames } from "./announced-names.js";
export { DerivationError, SetupError } from "./derivation-error.js";
export { type Occurrence, deriveOccurrence } from "./occurrence.js";
export type { Session, TrialForm } from "./session.js";
export { type SetupFields, deriveSetup } from "./setup.js";
export { deriveTrials } from "./tell.js";
export { toText } from "./text.js";
export { readTrialForm } from "./read-trial-form.js";
export { plainForm, readFormOfConfig, readFormOfConfigInSteps } from "./trial-form.js";
export type { Outcome, Param, Trial } from "./trial.js";
export type {
  MessageWrite,
  NewSession,
  ReceivedMessage,
  RejectionWrite,
  EarlierDigests,
  SessionWrite,
  StoredMessage,
  Write,
} from "./write.js";
