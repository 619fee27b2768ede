import { expect } from "chai";
import fc from "fast-check";
import { Schedule } from "../../src/replay/schedule.js";

const speed = fc.double({ min: 0.01, max: 1000, noNaN: true });
const timestamps = fc.array(fc.option(fc.integer({ min: 0, max: 1e9 }), { nil: undefined }), {
  minLength: 1,
  maxLength: 30,
});

/** When each message is due where nothing is done to the schedule. */
function dueTimes(schedule: Schedule, times: readonly (number | undefined)[]): number[] {
  return times.map((time) => {
    schedule.add(time);
    return schedule.dueMs;
  });
}

/** How late in the session each message is: what the timestamps go forward by, added up. */
function sessionTimes(times: readonly (number | undefined)[]): number[] {
  let [last, total]: [number | undefined, number] = [undefined, 0];
  return times.map((time) => {
    total += Math.max(0, (time ?? last ?? 0) - (last ?? time ?? 0));
    last = time ?? last;
    return total;
  });
}

function expectClose(actual: number, expected: number): void {
  expect(actual).to.be.closeTo(expected, 1e-6 * Math.max(1, Math.abs(expected)));
}

describe("Schedule", () => {
  it("makes the first message due at once, and each later one after its session time at that speed", () => {
    fc.assert(
      fc.property(speed, timestamps, fc.nat(1e6), (factor, times, now) => {
        const due = dueTimes(new Schedule(factor, now), times);
        sessionTimes(times).forEach((session, index) => {
          expectClose(due[index]!, now + session / factor);
        });
      }),
    );
  });

  it("never makes a message due before the one before it", () => {
    fc.assert(
      fc.property(fc.oneof(speed, fc.constant(Infinity)), timestamps, (factor, times) => {
        const due = dueTimes(new Schedule(factor, 0), times);
        expect(due).to.deep.equal(due.toSorted((a, b) => a - b));
      }),
    );
  });

  it("treats a step back of the clock, and a message without a time, as no wait", () => {
    const due = dueTimes(new Schedule(1, 0), [1000, 1500, undefined, 200, 700]);
    expect(due).to.deep.equal([0, 500, 500, 500, 1000]);
  });

  it("makes everything due at once at infinite speed", () => {
    fc.assert(
      fc.property(timestamps, fc.nat(1e6), (times, now) => {
        expect(new Set(dueTimes(new Schedule(Infinity, now), times))).to.deep.equal(new Set([now]));
      }),
    );
  });

  it("does not shift when messages are read late", () => {
    const [late, punctual] = [new Schedule(1, 0), new Schedule(1, 0)];
    for (const time of [0, 100, 200]) {
      punctual.add(time);
      late.add(time);
    }
    late.resume(5000);
    expect(punctual.dueMs).to.equal(200);
    expect(late.dueMs).to.be.at.most(5000);
    late.add(5200);
    expect(late.dueMs).to.equal(5200);
  });

  it("makes nothing due while paused, and keeps the remaining wait", () => {
    fc.assert(
      fc.property(
        speed,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(1e6),
        fc.nat(1e6),
        (factor, part, gap, pausedMs) => {
          const schedule = new Schedule(factor, 0);
          schedule.add(0);
          schedule.add(gap);
          const due = schedule.dueMs;
          schedule.pause(part * due);
          expect(schedule.dueMs).to.equal(Infinity);
          expect(schedule.isPaused).to.equal(true);
          schedule.pause(part * due + pausedMs / 2);
          schedule.resume(part * due + pausedMs);
          expectClose(schedule.dueMs, due + pausedMs);
        },
      ),
    );
  });

  it("continues at another speed from the current time", () => {
    fc.assert(
      fc.property(
        speed,
        speed,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 1e6 }),
        (before, after, part, gap) => {
          const schedule = new Schedule(before, 0);
          schedule.add(0);
          schedule.add(gap);
          const now = part * schedule.dueMs;
          schedule.setSpeed(after, now);
          expectClose(schedule.dueMs, now + ((1 - part) * gap) / after);
        },
      ),
    );
  });

  it("makes a waiting message due at infinite speed, and counts from there at a finite one", () => {
    const schedule = new Schedule(1, 0);
    schedule.add(0);
    schedule.add(1000);
    schedule.setSpeed(Infinity, 100);
    expect(schedule.dueMs).to.equal(100);
    schedule.add(9000);
    expect(schedule.dueMs).to.equal(100);
    schedule.setSpeed(2, 150);
    expect(schedule.dueMs).to.equal(150);
    schedule.add(9500);
    expect(schedule.dueMs).to.equal(400);
  });

  it("makes the next message due at once after a jump", () => {
    fc.assert(
      fc.property(speed, timestamps, timestamps, fc.nat(1e6), (factor, before, times, now) => {
        const schedule = new Schedule(factor, 0);
        dueTimes(schedule, before);
        schedule.jump(now);
        expect(dueTimes(schedule, times)).to.deep.equal(dueTimes(new Schedule(factor, now), times));
      }),
    );
  });

  it("delays messages that are not yet due by the time the session stood still", () => {
    const schedule = new Schedule(1, 0);
    schedule.add(0);
    schedule.delay(70);
    schedule.add(100);
    expect(schedule.dueMs).to.equal(170);
  });
});
