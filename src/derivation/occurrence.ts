import { type ClockEstimate, formatMicroseconds } from "../protocol/index.js";

/** When a message was made, as its columns hold it. */
export interface Occurrence {
  /** On the daemon's clock: ISO 8601 in UTC with microseconds; null if the client did not say, or not within the years 1970 to 9999. */
  readonly occurredAt: string | null;
  /** What was added to the client's clock; null if the client did not say. */
  readonly clockOffsetMs: number | null;
  /** How far off that may be; null if the client did not say. */
  readonly clockUncertaintyMs: number | null;
}

/**
 * Derives when a message was made.
 *
 * @param sentAt the client's clock: ms since 1970.
 * @param clock what the client knows about that clock; without it, its clock counts as the daemon's.
 */
export function deriveOccurrence(sentAt: number | undefined, clock: ClockEstimate | undefined): Occurrence {
  return {
    occurredAt: sentAt === undefined ? null : formatMicroseconds(sentAt + (clock?.offset_ms ?? 0)),
    clockOffsetMs: clock?.offset_ms ?? null,
    clockUncertaintyMs: clock?.uncertainty_ms ?? null,
  };
}
