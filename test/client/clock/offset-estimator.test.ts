import { expect } from "chai";
import fc from "fast-check";
import { type ClockSample, OffsetEstimator } from "../../../src/client/clock/offset-estimator.js";

/** A probe at a time of the client, over a line with these delays, to a daemon whose clock is ahead by `offset`. */
function probe(sentAt: number, there: number, back: number, offset: number): ClockSample {
  const receivedAt = sentAt + there + offset;
  return { sentAt, receivedAt, answeredAt: receivedAt, arrivedAt: sentAt + there + back };
}

describe("OffsetEstimator", () => {
  const estimateOf = (...samples: ClockSample[]) => {
    const estimator = new OffsetEstimator(0);
    for (const sample of samples) estimator.add(sample);
    return estimator;
  };

  it("has no estimate before the first sample, and none after they are dropped", () => {
    const estimator = new OffsetEstimator(0);
    expect(estimator.estimate(0)).to.equal(undefined);
    estimator.add(probe(0, 1, 1, 5));
    estimator.clear();
    expect(estimator.estimate(0)).to.equal(undefined);
  });

  it("takes the middle of a round trip, and half of it as uncertainty", () => {
    const { offset_ms, uncertainty_ms } = estimateOf(probe(0, 4, 4, 1000)).estimate(4)!;
    expect(offset_ms).to.be.closeTo(1000, 0.01);
    expect(uncertainty_ms).to.be.closeTo(4, 0.01);
  });

  it("does not count the time for which the daemon kept the probe", () => {
    const sample = { sentAt: 0, receivedAt: 101, answeredAt: 151, arrivedAt: 52 };
    expect(estimateOf(sample).estimate(26)?.uncertainty_ms).to.be.closeTo(1, 0.02);
  });

  it("takes each way from the sample in which it was the fastest", () => {
    const samples = [probe(0, 10, 90, 1000), probe(100, 90, 12, 1000), probe(300, 70, 70, 1000)];
    const { offset_ms, uncertainty_ms } = estimateOf(...samples).estimate(300)!;
    expect(offset_ms).to.be.closeTo(999, 0.1);
    expect(uncertainty_ms).to.be.closeTo(11, 0.1);
  });

  it("is less certain the further a time is from the samples, before them too", () => {
    const estimator = estimateOf(probe(1_000_000, 1, 1, 0));
    for (const at of [970_000, 1_030_000])
      expect(estimator.estimate(at)?.uncertainty_ms).to.be.closeTo(7, 0.01);
  });

  it("adds the steps of a coarse clock", () => {
    const estimator = new OffsetEstimator(1);
    estimator.add(probe(0, 4, 4, 0));
    expect(estimator.estimate(4)?.uncertainty_ms).to.be.closeTo(5, 0.01);
  });

  it("drops the samples from before a jump", () => {
    const { offset_ms, uncertainty_ms } = estimateOf(probe(0, 1, 1, 0), probe(10, 2, 2, 3_600_000)).estimate(
      12,
    )!;
    expect(offset_ms).to.be.closeTo(3_600_000, 0.01);
    expect(uncertainty_ms).to.be.closeTo(2, 0.01);
  });

  it("is never further off than it says, on any line and with clocks that drift", () => {
    const delay = fc.double({ min: 0, max: 500, noNaN: true });
    const line = fc.array(fc.tuple(fc.integer({ min: 1, max: 60_000 }), delay, delay), {
      minLength: 1,
      maxLength: 50,
    });
    const drift = fc.double({ min: -200e-6, max: 200e-6, noNaN: true });
    fc.assert(
      fc.property(
        line,
        drift,
        fc.double({ min: -60_000, max: 60_000, noNaN: true }),
        (probes, rate, later) => {
          const estimator = new OffsetEstimator(0);
          // The daemon's clock for a time of the client's.
          const daemonAt = (client: number) => client * (1 + rate) + 7_000_000;
          let at = 0;
          for (const [pause, there, back] of probes) {
            at += pause;
            const received = daemonAt(at + there);
            estimator.add({
              sentAt: at,
              receivedAt: received,
              answeredAt: received,
              arrivedAt: at + there + back,
            });
            at += there + back;
          }
          const { offset_ms, uncertainty_ms } = estimator.estimate(at + later)!;
          const error = Math.abs(daemonAt(at + later) - (at + later + offset_ms));
          expect(error).to.be.at.most(uncertainty_ms + 1e-6);
        },
      ),
    );
  });
});
