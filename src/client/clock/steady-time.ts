/** A difference between the two clocks beyond this is a jump, not the time between two readings. */
const shortestJumpMs = 500;

/** The clocks that a client reads; both in ms. */
export interface ClientTimes {
  /** Since 1970, evenly from the start of the program on: setting the wall clock does not move it. */
  steady(): number;
  wall(): number;
}

/** The clocks of the browser or of Node. */
export const timesOfPlatform: ClientTimes = {
  steady: () => performance.timeOrigin + performance.now(),
  wall: () => Date.now(),
};

/** Notices that one of the clocks jumped: the wall clock was set, or the computer slept, when the steady clock may stand still. */
export class JumpDetector {
  #differenceMs: number;

  constructor(readonly times: ClientTimes) {
    this.#differenceMs = times.wall() - times.steady();
  }

  /** Whether a clock jumped since the last call. */
  check(): boolean {
    const differenceMs = this.times.wall() - this.times.steady();
    const isJump = Math.abs(differenceMs - this.#differenceMs) > shortestJumpMs;
    this.#differenceMs = differenceMs;
    return isJump;
  }
}

/** The steps in which a clock advances, in ms: browsers make it coarse, for the privacy of their users. */
export function measureResolution(now: () => number): number {
  const start = now();
  // A clock that a test holds still has no steps.
  for (let reading = 0; reading < 100_000; reading += 1) {
    const stepMs = now() - start;
    if (stepMs > 0) return stepMs;
  }
  return 0;
}
