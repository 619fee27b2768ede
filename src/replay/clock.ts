/** What a replay takes the time from. */
export interface Clock {
  /** Milliseconds, with fractions, since some moment; never goes back. */
  now(): number;
  /** Resolves after so many ms at least, Infinity never; sooner when `signal` is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** A timer of Node that waits for longer than 2^31 ms ends at once. */
const longestTimerMs = 2 ** 30;

/** The clock of the computer, which goes on evenly when its date is set. */
export const monotonicClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) {
        resolve();
        return;
      }
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, Math.min(ms, longestTimerMs));
      signal.addEventListener("abort", end);
    }),
};
