import { uptime } from "node:os";

/** What a {@link SteadyClock} is made of; all in ms. */
export interface TimeSources {
  /** The wall clock: ms since 1970; may be set. */
  wall(): number;
  /** Runs evenly, but may stand still while the computer sleeps. */
  steady(): number;
  /** Runs on while the computer sleeps; its reading may be off by some ms. */
  uptime(): number;
}

const ofThisComputer: TimeSources = {
  wall: readWallClock,
  steady: () => performance.now(),
  uptime: () => uptime() * 1000,
};

/** A difference of the uptime beyond this is sleep, not its coarse reading. */
const shortestSleepMs = 1000;

/**
 * A clock that shows the time of the wall clock when it is made, in fractions of a millisecond, and then runs evenly: setting the
 * wall clock does not move it, so that the times of one connection keep their order and distances.
 */
export class SteadyClock {
  readonly #sources: TimeSources;
  readonly #uptimeOffsetMs: number;
  #offsetMs: number;
  #sleptMs = 0;

  constructor(sources: TimeSources = ofThisComputer) {
    this.#sources = sources;
    this.#offsetMs = sources.wall() - sources.steady();
    this.#uptimeOffsetMs = sources.uptime() - sources.steady();
  }

  /** Milliseconds since 1970, with fractions. */
  now(): number {
    const steadyMs = this.#sources.steady();
    const sleptMs = this.#sources.uptime() - steadyMs - this.#uptimeOffsetMs;
    if (sleptMs - this.#sleptMs > shortestSleepMs) {
      this.#offsetMs += sleptMs - this.#sleptMs;
      this.#sleptMs = sleptMs;
    }
    return steadyMs + this.#offsetMs;
  }
}

/** The wall clock minus the steady one, as far as it is known. */
let wallOffsetMs = performance.timeOrigin;

/** The wall clock in fractions of a ms: the system's has whole ms, and the last offset that agrees with it is finer. */
function readWallClock(): number {
  // Another program may run between any two of these lines.
  const before = performance.now();
  const wallMs = Date.now();
  const after = performance.now();
  wallOffsetMs = Math.min(Math.max(wallOffsetMs, wallMs - after), wallMs + 1 - before);
  return wallOffsetMs + after;
}
