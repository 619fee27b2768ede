/**
 * When each message of a replay is due. Pure: what the clock says comes in with every call, in ms of a clock that never goes back.
 *
 * The session's own time counts from the first message that is added, and goes on by what its timestamps differ; where they go
 * back (the clock of the computer was set) or are missing, no time passes. It is tied to the clock at one point only, so that
 * what one message comes late does not make the next one later.
 */
export class Schedule {
  #speed: number;
  #isPaused = false;
  /** At this reading of the clock … */
  #anchorMs: number;
  /** … it was this late in the session. */
  #anchorSessionMs = 0;
  /** When, in the session, the message was that was added last. */
  #sessionMs = 0;
  #lastTimestampMs: number | undefined;

  /** @param speed how many ms of the session pass in a ms of the clock; above 0, Infinity for no waiting. */
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

  /** What the clock says when the message that was added last is due: Infinity while paused. */
  get dueMs(): number {
    if (this.#isPaused) return Infinity;
    const distanceMs = this.#sessionMs - this.#anchorSessionMs;
    return distanceMs <= 0 ? this.#anchorMs : this.#anchorMs + distanceMs / this.#speed;
  }

  /** @param timestampMs of the next message; undefined where it has none. */
  add(timestampMs: number | undefined): void {
    if (timestampMs === undefined) return;
    this.#sessionMs += Math.max(0, timestampMs - (this.#lastTimestampMs ?? timestampMs));
    this.#lastTimestampMs = timestampMs;
  }

  /** Goes to another place in the session: the message that is added next is due at once. */
  jump(nowMs: number): void {
    this.#anchorMs = nowMs;
    this.#anchorSessionMs = 0;
    this.#sessionMs = 0;
    this.#lastTimestampMs = undefined;
  }

  pause(nowMs: number): void {
    this.#tie(nowMs);
    this.#isPaused = true;
  }

  /** Goes on where it was paused. */
  resume(nowMs: number): void {
    this.#tie(nowMs);
    this.#isPaused = false;
  }

  /** Goes on at another speed from where it is now. */
  setSpeed(speed: number, nowMs: number): void {
    this.#tie(nowMs);
    this.#speed = speed;
  }

  /** Makes everything that is not due yet later: the session's time stood still for so long. */
  delay(ms: number): void {
    this.#anchorMs += ms;
  }

  /** Ties the session's time, as far as it has come, to the clock. */
  #tie(nowMs: number): void {
    if (!this.#isPaused) {
      const passedMs = nowMs - this.#anchorMs;
      // Without waiting there is no place between two messages.
      this.#anchorSessionMs =
        this.#speed === Infinity
          ? Math.max(this.#anchorSessionMs, this.#sessionMs)
          : this.#anchorSessionMs + Math.max(0, passedMs) * this.#speed;
    }
    this.#anchorMs = nowMs;
  }
}
