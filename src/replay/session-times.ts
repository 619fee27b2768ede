import type { Message } from "../queries/index.js";

/** Which times a replay follows: when messages were made at the client, or when they were received. */
export const timeBases = ["occurred", "received"] as const;
export type TimeBasis = (typeof timeBases)[number];

/** The times of a message that a replay may follow. */
export type TimedMessage = Pick<Message, "timestamp" | "occurred_at">;

/**
 * Turns the times of a session's messages into one time, of which only differences count. By "occurred", the distance between two
 * messages is that of their `occurred_at`; where one of them has none, that of their receipt, since both are of the same clock.
 */
export class SessionTimes {
  #timeMs = 0;
  #occurredMs: number | undefined;
  #receivedMs: number | undefined;

  constructor(readonly basis: TimeBasis) {}

  /** The time of the next message, in ms; that of the one before where it has none. */
  next({ timestamp, occurred_at }: TimedMessage): number {
    const occurredMs = this.basis === "occurred" ? readTime(occurred_at) : undefined;
    const receivedMs = readTime(timestamp);
    if (occurredMs !== undefined && this.#occurredMs !== undefined)
      this.#timeMs += occurredMs - this.#occurredMs;
    else if (receivedMs !== undefined && this.#receivedMs !== undefined)
      this.#timeMs += receivedMs - this.#receivedMs;
    this.#occurredMs = occurredMs;
    this.#receivedMs = receivedMs ?? this.#receivedMs;
    return this.#timeMs;
  }
}

/** A time in ms since 1970. AEPsych's have no zone: read them as UTC, which has no summer time. */
function readTime(text: string | null): number | undefined {
  if (text === null) return undefined;
  const ms = Date.parse(/(?:Z|[+-]\d{2}:?\d{2})$/i.test(text) ? text : `${text}Z`);
  if (Number.isNaN(ms)) return undefined;
  // JavaScript reads no more than whole milliseconds.
  const microseconds = /\.\d{3}(\d{3})\d*(?:Z|$)/i.exec(text)?.[1] ?? "0";
  return ms + Number(microseconds) / 1000;
}
