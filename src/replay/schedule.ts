/**
 * Computes when each message of a replay is due. Pure: every call brings the time, in ms of a clock that never goes back.
 *
 * Session time starts at the first message added and advances by the differences of the timestamps. Where timestamps are missing or
 * go back (the computer's clock was set), no time passes. One anchor relates session time to the clock, so that a late message
 * does not delay the next one.
 */
export class Schedule {
  #speed: number;
  #isPaused = false;
  /** At this time of the clock … */
  #anchorMs: number;
  /** … session time was this. */
  #anchorSessionMs = 0;
  /** The session time of the message added last. */
  #sessionMs = 0;
  #lastTimestampMs: number | undefined;

  /** @param speed the ms of session time that pass in a ms of the clock: above 0; Infinity to never wait. */
  constructor(speed: number, nowMs: number) {
    this.#speed = speed;
    this.#anchorMs = nowMs;
  }

  get speed(): number {
    return this.#speed;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** The time of the clock at which the message added last is due: Infinity while paused. */
  get dueMs(): number {
    if (this.#isPaused) return Infinity;
    const distanceMs = this.#sessionMs - this.#anchorSessionMs;
    return distanceMs <= 0 ? this.#anchorMs : this.#anchorMs + distanceMs / this.#speed;
  }

  /**
   * Adds the next message.
   *
   * @param timestampMs its timestamp; undefined if it has none.
   */
  add(timestampMs: number | undefined): void {
    if (timestampMs === undefined) return;
    this.#sessionMs += Math.max(0, timestampMs - (this.#lastTimestampMs ?? timestampMs));
    this.#lastTimestampMs = timestampMs;
  }

  /** Moves to another place in the session: the message added next is due at once. */
  jump(nowMs: number): void {
    this.#anchorMs = nowMs;
    this.#anchorSessionMs = 0;
    this.#sessionMs = 0;
    this.#lastTimestampMs = undefined;
  }

  pause(nowMs: number): void {
    this.#setAnchor(nowMs);
    this.#isPaused = true;
  }

  /** Continues where it was paused. */
  resume(nowMs: number): void {
    this.#setAnchor(nowMs);
    this.#isPaused = false;
  }

  /** Continues at another speed. */
  setSpeed(speed: number, nowMs: number): void {
    this.#setAnchor(nowMs);
    this.#speed = speed;
  }

  /** Delays everything that is not yet due, because session time stood still for this long. */
  delay(ms: number): void {
    this.#anchorMs += ms;
  }

  /** Sets the anchor to the current session time. */
  #setAnchor(nowMs: number): void {
    if (!this.#isPaused) {
      const passedMs = nowMs - this.#anchorMs;
      // At infinite speed, session time is always that of a message.
      this.#anchorSessionMs =
        this.#speed === Infinity
          ? Math.max(this.#anchorSessionMs, this.#sessionMs)
          : this.#anchorSessionMs + Math.max(0, passedMs) * this.#speed;
    }
    this.#anchorMs = nowMs;
  }
}
