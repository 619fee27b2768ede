import { ReplayError } from "./replay-error.js";

/**
 * How fast a user wants a session: 1 is as it was, 10 ten times as fast, `max` (Infinity) without waiting.
 *
 * @throws ReplayError `invalid`.
 */
export function readSpeed(speed: string): number {
  if (speed === "max") return Infinity;
  return checkSpeed(/^(\d+\.?\d*|\.\d+)$/.test(speed) ? Number(speed) : NaN, speed);
}

/** @throws ReplayError `invalid`. */
export function checkSpeed(speed: number, asGiven = String(speed)): number {
  if (speed > 0 && speed < Infinity) return speed;
  throw new ReplayError(
    "invalid",
    `A speed is a number above 0, such as 1 or 0.5, or max; this is ${asGiven}.`,
  );
}
