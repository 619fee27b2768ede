import { OffsetEstimator } from "../../src/client/clock/offset-estimator.js";
import { ProbeSchedule } from "../../src/client/clock/probe-schedule.js";
import type { Delay } from "./lines.js";
import type { Timed } from "./timed.js";

/** A client that is simulated: its line, and how much its clock gains. */
export interface Simulation {
  readonly there: Delay;
  readonly back: Delay;
  /** By how much the client's clock is faster than the daemon's, in parts of one. */
  readonly drift: number;
  readonly seconds: number;
}

/** Runs a client's probes in simulated time, with a message every second; returns the error and uncertainty of each. */
export function simulate({ there, back, drift, seconds }: Simulation): Timed[] {
  const estimator = new OffsetEstimator(0);
  const schedule = new ProbeSchedule();
  const messages: Timed[] = [];
  // The daemon's clock; the client's is this.
  const clientAt = (daemonMs: number) => daemonMs * (1 + drift) + 123_456;
  schedule.begin(clientAt(0));
  let nextMessage = 1000;
  for (let nowMs = 0; nowMs < seconds * 1000;) {
    const probeAtMs = nowMs + Math.max(0, schedule.waitMs(clientAt(nowMs)) / (1 + drift));
    if (nextMessage < probeAtMs) {
      nowMs = nextMessage;
      nextMessage += 1000;
      schedule.noteMessage(clientAt(nowMs));
      const estimate = estimator.estimate(clientAt(nowMs));
      if (estimate === undefined) continue;
      const { offset_ms: offset, uncertainty_ms: uncertaintyMs } = estimate;
      messages.push({ errorMs: clientAt(nowMs) + offset - nowMs, uncertaintyMs, atMs: nowMs });
      continue;
    }
    nowMs = probeAtMs;
    const sentAt = clientAt(nowMs);
    schedule.noteProbe(sentAt);
    const receivedAt = nowMs + there();
    nowMs = receivedAt + back();
    const arrivedAt = clientAt(nowMs);
    estimator.add({ sentAt, receivedAt, answeredAt: receivedAt, arrivedAt });
    schedule.noteAnswer(arrivedAt);
  }
  return messages;
}
