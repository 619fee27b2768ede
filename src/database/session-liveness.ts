/** What decides whether a session is live. */
export interface Liveness {
  /** Where the session was imported from; null if it was recorded here. */
  readonly source: string | null;
  /** The type of its last message. */
  readonly last_type: string | null;
  /** When its last message was received: ISO 8601. */
  readonly last_at: string | null;
}

const liveWithinMs = 10 * 60 * 1000;

/** Whether a session may still receive messages: its last message is not an exit, and less than ten minutes old. */
export function isLive({ source, last_type, last_at }: Liveness): boolean {
  const ageMs = last_at === null ? Infinity : Date.now() - Date.parse(last_at);
  return source === null && last_type !== "exit" && ageMs < liveWithinMs;
}
