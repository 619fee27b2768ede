/** A time in UTC for a file's name, to the millisecond: `2026-11-25T15-20-00-123Z`. */
export function timeStamp(time = new Date()): string {
  return time.toISOString().replaceAll(/[:.]/g, "-");
}
