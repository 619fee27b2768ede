import { ReplayError } from "./replay-error.js";

/**
 * Reads a speed: 1 is the session's own pace, 10 ten times as fast, `max` (Infinity) without waiting.
 *
 * @throws ReplayError `invalid`.
 */
export function readSpeed(speed: string): number {
  if (speed === "max") return Infinity;
  return checkSpeed(/^(\d+\.?\d*|\.\d+)$/.test(speed) ? Number(speed) : NaN, speed);
}

/**
 * Checks that a speed is a finite number above 0.
 *
 * @throws ReplayError `invalid`.
 */
export function checkSpeed(speed: number, asGiven = String(speed)): number {
  if (speed > 0 && speed < Infinity) return speed;
  throw new ReplayError(
    "invalid",
    `A speed must be a number above 0, such as 1 or 0.5, or max, not ${asGiven}.`,
  );
}
