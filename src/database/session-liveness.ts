/** What tells whether a session is live. */
export interface Liveness {
  /** Where it was imported from; null for one that was live here. */
  readonly source: string | null;
  /** Of its last message. */
  readonly last_type: string | null;
  /** When its last message was received: ISO 8601. */
  readonly last_at: string | null;
}

const liveWithinMs = 10 * 60 * 1000;

/** Whether more messages of a session are to be expected: its last one is no exit, and less than ten minutes old. */
export function isLive({ source, last_type, last_at }: Liveness): boolean {
  const ageMs = last_at === null ? Infinity : Date.now() - Date.parse(last_at);
  return source === null && last_type !== "exit" && ageMs < liveWithinMs;
}
