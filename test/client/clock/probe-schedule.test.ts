import { expect } from "chai";
import { ProbeSchedule } from "../../../src/client/clock/probe-schedule.js";

describe("ProbeSchedule", () => {
  let schedule: ProbeSchedule;

  beforeEach(() => {
    schedule = new ProbeSchedule();
  });

  const probe = (nowMs: number) => {
    expect(schedule.waitMs(nowMs)).to.be.at.most(0);
    schedule.noteProbe(nowMs);
    schedule.noteAnswer(nowMs);
  };

  it("sends nothing before it begins", () => {
    expect(schedule.waitMs(0)).to.equal(Infinity);
  });

  it("sends eight probes in a row, and the next eight 30 s later", () => {
    schedule.begin(0);
    for (let count = 0; count < 8; count += 1) probe(count);
    expect(schedule.waitMs(8)).to.equal(29_999);
    for (let count = 0; count < 8; count += 1) probe(30_007 + count);
    expect(schedule.waitMs(30_014)).to.equal(30_000);
  });

  it("waits for the answer to a probe before it sends the next one, but not for ever", () => {
    schedule.begin(0);
    schedule.noteProbe(0);
    expect(schedule.waitMs(10)).to.equal(29_990);
    probe(30_000);
  });

  it("sends no probe within 50 ms after a message", () => {
    schedule.begin(0);
    schedule.noteMessage(10);
    expect(schedule.waitMs(20)).to.equal(40);
    schedule.noteMessage(55);
    expect(schedule.waitMs(60)).to.equal(45);
    expect(schedule.waitMs(105)).to.equal(0);
  });

  it("begins again at once, whatever was left", () => {
    schedule.begin(0);
    probe(0);
    schedule.begin(5);
    for (let count = 0; count < 8; count += 1) probe(5);
    expect(schedule.waitMs(5)).to.equal(30_000);
  });
});
