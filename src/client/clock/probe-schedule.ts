/** Probes in a row: the fastest ways of eight are close to the fastest that there are. */
const probesInARow = 8;

/** Clocks may have drifted by 6 ms after this time. */
const everyMs = 30_000;

/** A probe this soon after a message would wait for it, and make the next one wait. */
const quietMs = 50;

/** Says when to send clock probes: eight when a connection opens and every 30 s, each after the answer to the one before. Pure. */
export class ProbeSchedule {
  #left = 0;
  #dueAtMs = Infinity;
  #quietAtMs = -Infinity;

  /** Begins eight probes. */
  begin(nowMs: number): void {
    this.#left = probesInARow;
    this.#dueAtMs = nowMs;
  }

  /** Notes that a message was sent: no probe follows within 50 ms. */
  noteMessage(nowMs: number): void {
    this.#quietAtMs = nowMs + quietMs;
  }

  /** Notes that a probe was sent. */
  noteProbe(nowMs: number): void {
    this.#left = (this.#left === 0 ? probesInARow : this.#left) - 1;
    // Should its answer never come, the next eight are due all the same.
    this.#dueAtMs = nowMs + everyMs;
  }

  /** Notes that the probe sent last was answered. */
  noteAnswer(nowMs: number): void {
    if (this.#left > 0) this.#dueAtMs = nowMs;
  }

  /** How long to wait for the next probe; 0 or less if it may be sent now. */
  waitMs(nowMs: number): number {
    return Math.max(this.#dueAtMs, this.#quietAtMs) - nowMs;
  }
}
