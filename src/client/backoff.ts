const shortestMs = 250;
const longestMs = 10_000;

/**
 * The time before the next attempt to connect: random between 0.25 s and a bound that doubles from 0.5 s to 10 s, so that clients do
 * not all reconnect at once when the daemon is back.
 *
 * @param failures the number of failed attempts since the last acknowledgement.
 * @param random from 0 to 1.
 */
export function backoffMs(failures: number, random: number): number {
  const boundMs = Math.min(longestMs, 2 * shortestMs * 2 ** failures);
  return shortestMs + random * (boundMs - shortestMs);
}
