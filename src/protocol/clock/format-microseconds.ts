const year10000 = Date.UTC(10_000, 0);

/** Formats a time in ms since 1970 as ISO 8601 in UTC with microseconds; null outside of the years 1970 to 9999. */
export function formatMicroseconds(ms: number): string | null {
  // Rounded first, so that 59.9999999 s does not become 59.1000000.
  const microseconds = Math.round(ms * 1000);
  const whole = Math.floor(microseconds / 1000);
  if (!(whole >= 0 && whole < year10000)) return null;
  const rest = String(microseconds - whole * 1000).padStart(3, "0");
  return `${new Date(whole).toISOString().slice(0, -1)}${rest}Z`;
}
