const shortestMs = 250;
const longestMs = 10_000;

/**
 * How long to wait before the next attempt to connect: at random between 0.25 s and a bound that doubles from 0.5 s to 10 s, so that
 * the clients of a daemon that comes back do not all connect at once.
 *
 * @param failures how many attempts have failed since the last acknowledgement, from 0.
 * @param random from 0 to 1.
 */
export function backoffMs(failures: number, random: number): number {
  const boundMs = Math.min(longestMs, 2 * shortestMs * 2 ** failures);
  return shortestMs + random * (boundMs - shortestMs);
}
