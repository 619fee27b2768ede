/** The time source of a replay. */
export interface Clock {
  /** Milliseconds since an arbitrary moment, with fractions; never goes back. */
  now(): number;
  /** Resolves after at least `ms`, which may be Infinity, or as soon as `signal` is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Node fires a timer of 2^31 ms or more at once. */
const longestTimerMs = 2 ** 30;

/** The monotonic clock of the computer, which ignores changes of the date. */
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
