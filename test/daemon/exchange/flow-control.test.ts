import { expect } from "chai";
import { FlowControl } from "../../../src/daemon/exchange/index.js";
import { until } from "../../support/checks/until.js";

/** A transport that notes whether it is paused, and how often it was told. */
class Transport {
  isPaused = false;
  calls = 0;

  pause(): void {
    this.isPaused = true;
    this.calls += 1;
  }

  resume(): void {
    this.isPaused = false;
    this.calls += 1;
  }
}

describe("FlowControl", () => {
  let transport: Transport;
  let flow: FlowControl;

  beforeEach(() => {
    transport = new Transport();
    flow = new FlowControl({ maximumMessagesInFlight: 10, maximumBytesInFlight: 1000 }, transport);
  });

  const repeat = (times: number, work: () => void) => {
    for (let count = 0; count < times; count += 1) work();
  };

  it("pauses while there is any reason to, and resumes when there is none", () => {
    flow.hold("queue", true);
    flow.hold("replies", true);
    flow.hold("queue", false);
    expect(transport.isPaused).to.equal(true);
    flow.hold("replies", false);
    expect(transport.isPaused).to.equal(false);
  });

  it("pauses beyond the limit of messages, and resumes when half of them are answered", () => {
    repeat(10, () => {
      flow.begin(1);
    });
    expect(transport.isPaused).to.equal(false);
    flow.begin(1);
    expect(transport.isPaused).to.equal(true);
    repeat(5, () => {
      flow.end(1);
    });
    expect(transport.isPaused).to.equal(true);
    flow.end(1);
    expect(transport.isPaused).to.equal(false);
    expect(transport.calls).to.equal(2);
  });

  it("pauses beyond the limit of bytes, for a single message too", () => {
    flow.begin(1001);
    expect(transport.isPaused).to.equal(true);
    flow.end(1001);
    expect(transport.isPaused).to.equal(false);
  });

  it("pauses for a while after rejections, and again from the last one", async () => {
    flow.slowDown(0);
    expect(transport.isPaused).to.equal(false);
    flow.slowDown(60_000);
    flow.slowDown(10);
    expect(transport.isPaused).to.equal(true);
    await until(() => !transport.isPaused);
  });

  it("begins no hold once frozen, and ends those that it has", () => {
    flow.hold("queue", true);
    flow.freeze();
    flow.hold("replies", true);
    flow.slowDown(10);
    flow.hold("queue", false);
    expect(transport.isPaused).to.equal(false);
  });

  it("reads on once released", () => {
    flow.hold("queue", true);
    flow.slowDown(60_000);
    flow.release();
    expect(transport.isPaused).to.equal(false);
    repeat(100, () => {
      flow.begin(1);
    });
    expect(transport.isPaused).to.equal(false);
  });

  it("knows whether telltale held the client at any time since the last check", () => {
    expect(flow.checkHeldHere()).to.equal(false);
    flow.hold("queue", true);
    flow.hold("queue", false);
    expect(flow.checkHeldHere()).to.equal(true);
    expect(flow.checkHeldHere()).to.equal(false);
    flow.hold("rejections", true);
    expect(flow.checkHeldHere()).to.equal(true);
    flow.hold("rejections", false);
    expect(flow.checkHeldHere()).to.equal(true);
    expect(flow.checkHeldHere()).to.equal(false);
  });

  it("does not count a client that leaves its replies unread as held", () => {
    flow.hold("replies", true);
    expect(flow.checkHeldHere()).to.equal(false);
  });
});
