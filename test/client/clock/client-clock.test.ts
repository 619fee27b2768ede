import { expect } from "chai";
import { ClientClock } from "../../../src/client/clock/client-clock.js";
import type { ClockReply } from "../../../src/protocol/index.js";
import { until } from "../../support/checks/until.js";

type Probe = Parameters<ConstructorParameters<typeof ClientClock>[0]["send"]>[0];

describe("ClientClock", () => {
  let clock: ClientClock;
  let probes: Probe[];
  let [steadyMs, wallMs, timesReady] = [0, 0, 0];

  beforeEach(() => {
    probes = [];
    [steadyMs, wallMs, timesReady] = [1_000_000, 1_000_000, 0];
    clock = new ClientClock(
      { send: (probe) => probes.push(probe), onReady: () => (timesReady += 1) },
      { steady: () => steadyMs, wall: () => wallMs },
    );
  });

  afterEach(() => {
    clock.close();
  });

  const pass = (ms: number) => {
    steadyMs += ms;
    wallMs += ms;
  };

  /** Answers the newest probe by a clock that is ahead. */
  const answer = (offset: number, probe = probes.at(-1)!): boolean => {
    pass(2);
    const received = probe.sent_at + 1 + offset;
    const reply: ClockReply = {
      ...probe,
      ok: true,
      stored: false,
      received_at: received,
      answered_at: received,
    };
    return clock.take(reply);
  };

  it("probes as soon as the connection is open, and is ready with the first answer", () => {
    expect(clock.checkReady()).to.equal(false);
    expect(clock.stamp()).to.deep.equal({ sent_at: 1_000_000 });
    clock.open();
    expect(probes).to.deep.equal([{ type: "clock", sent_at: 1_000_000, id: "clock-1" }]);
    expect(clock.checkReady()).to.equal(false);
    expect(answer(500)).to.equal(true);
    expect([clock.checkReady(), timesReady]).to.deep.equal([true, 1]);
    const { sent_at, clock: estimate } = clock.stamp();
    expect(sent_at).to.equal(1_000_002);
    expect(estimate?.offset_ms).to.be.closeTo(500, 0.01);
    expect(estimate?.uncertainty_ms).to.be.closeTo(1, 0.01);
  });

  it("sends the next probe after each answer, eight in all", () => {
    clock.open();
    for (let count = 0; count < 8; count += 1) answer(0);
    expect(probes).to.have.length(8);
  });

  it("completes a message that was made before the first answer, and none of an earlier run", () => {
    const [ours, restored] = [{}, {}];
    clock.noteUnstamped(ours, clock.stamp());
    pass(100);
    clock.open();
    answer(500);
    expect(clock.noteMessage(ours)?.offset_ms).to.be.closeTo(500, 0.1);
    expect(clock.noteMessage(restored)).to.equal(undefined);
  });

  it("keeps its estimate while the connection is lost, and drops it with the first answer over the next one", () => {
    clock.open();
    answer(500);
    clock.close();
    pass(1000);
    expect(clock.stamp().clock?.offset_ms).to.be.closeTo(500, 0.1);
    clock.open();
    expect(clock.checkReady()).to.equal(false);
    answer(501);
    expect(clock.stamp().clock?.offset_ms).to.be.closeTo(501, 0.01);
  });

  for (const [what, steady, wall] of [
    ["the wall clock was set", 0, 3_600_000],
    ["the computer slept", 0, 600_000],
  ] as const) {
    it(`probes again, and lets messages wait, where ${what}`, () => {
      clock.open();
      for (let count = 0; count < 8; count += 1) answer(500);
      steadyMs += steady;
      wallMs += wall;
      expect(clock.stamp().clock).to.equal(undefined);
      expect(clock.checkReady()).to.equal(false);
      expect(probes).to.have.length(9);
      answer(500);
      expect([clock.checkReady(), timesReady]).to.deep.equal([true, 2]);
    });
  }

  it("ignores the answer to a probe during which a clock jumped", () => {
    clock.open();
    wallMs += 3_600_000;
    expect(answer(0, probes[0])).to.equal(true);
    expect(clock.stamp().clock).to.equal(undefined);
    answer(0);
    expect(clock.checkReady()).to.equal(true);
  });

  it("sends no more probes to a daemon that takes them for messages, and stamps without an offset", () => {
    clock.open();
    const [{ id }] = probes as [Probe];
    const refusal = {
      type: "clock",
      ok: false,
      id,
      code: "no_session",
      server_error: "",
      stored: false,
    } as const;
    expect(clock.take({ ...refusal, retry: false })).to.equal(true);
    expect(clock.checkReady()).to.equal(true);
    expect(clock.stamp()).to.deep.equal({ sent_at: 1_000_000 });
    expect(probes).to.have.length(1);
  });

  it("leaves the replies to messages to others", () => {
    clock.open();
    expect(answer(0, { type: "clock", sent_at: 1, id: "6b2f3c1a" })).to.equal(false);
  });

  it("sends the next probe 50 ms after a message", async () => {
    const own: number[] = [];
    const real = new ClientClock({ send: () => own.push(performance.now()), onReady: () => undefined });
    const before = performance.now();
    real.noteMessage({});
    real.open();
    await until(() => own.length > 0);
    real.close();
    expect((own[0] ?? 0) - before).to.be.at.least(49.5);
  });
});
