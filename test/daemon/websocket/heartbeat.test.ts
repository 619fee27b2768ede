import { expect } from "chai";
import { Heartbeat } from "../../../src/daemon/websocket/heartbeat.js";

describe("Heartbeat", () => {
  const silence = { receivedBytes: 100, unsentBytes: 0, wasHeldHere: false };
  let heartbeat: Heartbeat;

  beforeEach(() => {
    heartbeat = new Heartbeat();
    expect(heartbeat.beat(silence)).to.equal(true);
  });

  it("gives a client up after two silent pings", () => {
    expect(heartbeat.beat(silence)).to.equal(true);
    expect(heartbeat.beat(silence)).to.equal(false);
  });

  it("begins again when bytes come", () => {
    heartbeat.beat(silence);
    const sign = { ...silence, receivedBytes: 101 };
    expect(heartbeat.beat(sign)).to.equal(true);
    expect(heartbeat.beat(sign)).to.equal(true);
    expect(heartbeat.beat(sign)).to.equal(false);
  });

  it("keeps a client that reads its replies", () => {
    for (const unsentBytes of [5000, 4000, 3000, 2000])
      expect(heartbeat.beat({ ...silence, unsentBytes })).to.equal(true);
  });

  it("gives up a client whose unread replies only grow", () => {
    expect(heartbeat.beat({ ...silence, unsentBytes: 1000 })).to.equal(true);
    expect(heartbeat.beat({ ...silence, unsentBytes: 2000 })).to.equal(false);
  });

  it("keeps a client that telltale itself did not read", () => {
    for (let count = 0; count < 5; count += 1)
      expect(heartbeat.beat({ ...silence, wasHeldHere: true })).to.equal(true);
  });
});
