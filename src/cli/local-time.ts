const words = /^(?:(today|yesterday)(?: +|$))?(\d\d?:\d\d(?::\d\d(?:\.\d{1,3})?)?)?$/i;

/**
 * Reads a time that is meant in the zone of this machine: `17:20` (of today), `today`, `yesterday`, `yesterday 17:20`. A day alone
 * means its first moment for `from`, and its last for `to`.
 *
 * @returns undefined for a text of another form; an invalid Date for a time of day that does not exist, such as `25:00`.
 */
export function readLocalTime(text: string, bound: "from" | "to", now = new Date()): Date | undefined {
  const [, day, clock] = words.exec(text.trim()) ?? [];
  if (day === undefined && clock === undefined) return undefined;
  const [hours = 0, minutes = 0, seconds = 0] = (clock ?? (bound === "to" ? "23:59:59.999" : "0:00"))
    .split(":")
    .map(Number);
  if (hours > 23 || minutes > 59 || seconds >= 60) return new Date(NaN);
  const date = now.getDate() - (day?.toLowerCase() === "yesterday" ? 1 : 0);
  const start = [now.getFullYear(), now.getMonth(), date, hours, minutes] as const;
  return new Date(...start, Math.floor(seconds), Math.round((seconds % 1) * 1000));
}

/** The date and time of day of an instant in the zone of this machine, to the second: `2026-01-31T17:20:00+01:00`. */
export function formatLocalTime(time: Date): string {
  return `${shift(time).toISOString().slice(0, 19)}${formatZone(time)}`;
}

/** The time of day of an instant in the zone of this machine, to the millisecond: `17:20:00.123+01:00`. */
export function formatTimeOfDay(time: Date): string {
  return `${shift(time).toISOString().slice(11, 23)}${formatZone(time)}`;
}

/** An instant whose UTC digits are the local ones of `time`. */
function shift(time: Date): Date {
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
}

function formatZone(time: Date): string {
  const minutes = -time.getTimezoneOffset();
  if (minutes === 0) return "Z";
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.floor(Math.abs(minutes) % 60)];
  return `${minutes < 0 ? "-" : "+"}${[hours, rest].map((part) => String(part).padStart(2, "0")).join(":")}`;
}
