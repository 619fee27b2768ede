import { expect } from "chai";
import { SteadyClock } from "../../../src/daemon/exchange/index.js";

describe("SteadyClock", () => {
  const start = Date.now();
  let [wallMs, steadyMs, sleptMs] = [0, 0, 0];

  beforeEach(() => {
    [wallMs, steadyMs, sleptMs] = [0, 500, 0];
  });

  const open = () =>
    new SteadyClock({
      wall: () => start + wallMs,
      steady: () => steadyMs,
      uptime: () => Math.round((steadyMs + sleptMs + 9000) / 10) * 10,
    });

  const pass = (ms: number) => {
    wallMs += ms;
    steadyMs += ms;
  };

  it("shows the wall clock with fractions of a millisecond", () => {
    const clock = open();
    expect(clock.now()).to.equal(start);
    pass(0.25);
    expect(clock.now()).to.equal(start + 0.25);
  });

  for (const hours of [1, -1]) {
    it(`does not follow a wall clock that is set by ${hours} h, and a new one does`, () => {
      const clock = open();
      pass(1000);
      wallMs += hours * 3_600_000;
      pass(1000);
      expect(clock.now()).to.equal(start + 2000);
      expect(open().now()).to.equal(start + 2000 + hours * 3_600_000);
    });
  }

  it("goes on while the computer sleeps", () => {
    const clock = open();
    wallMs += 600_000;
    sleptMs += 600_000;
    pass(5);
    const now = clock.now();
    expect(now).to.be.within(start + 600_000, start + 600_020);
    pass(7);
    expect(clock.now() - now).to.equal(7);
  });

  it("agrees with the clock of this computer", () => {
    const before = Date.now();
    expect(new SteadyClock().now()).to.be.within(before, Date.now() + 1);
  });
});
