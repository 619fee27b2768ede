import { expect } from "chai";
import { SessionTimes, type TimeBasis, type TimedMessage } from "../../src/replay/session-times.js";

const at = (received: string | null, occurred: string | null): TimedMessage => ({
  timestamp: received === null ? null : `2026-03-20T09:${received}Z`,
  occurred_at: occurred === null ? null : `2026-03-20T09:${occurred}Z`,
});

describe("SessionTimes", () => {
  const timesOf = (basis: TimeBasis, messages: readonly TimedMessage[]) => {
    const times = new SessionTimes(basis);
    return messages.map((message) => times.next(message));
  };

  /** Made two seconds apart, received at once after an outage. */
  const outage = [
    at("00:00.010", "00:00.000000"),
    at("05:00.001", "00:02.000250"),
    at("05:00.002", "00:04.000500"),
  ];

  it("follows the times when messages were made, to the microsecond", () => {
    expect(timesOf("occurred", outage)).to.deep.equal([0, 2000.25, 4000.5]);
  });

  it("follows the times of receipt by received", () => {
    expect(timesOf("received", outage)).to.deep.equal([0, 299_991, 299_992]);
  });

  it("takes the time of receipt between messages of which one does not say when it was made", () => {
    const messages = [
      at("00:00.000", "00:00.000000"),
      at("00:01.000", null),
      at("00:03.000", "00:02.900000"),
    ];
    expect(timesOf("occurred", messages)).to.deep.equal([0, 1000, 3000]);
  });

  it("goes back where the times do", () => {
    expect(timesOf("occurred", [at(null, "00:05.000000"), at(null, "00:04.000000")])).to.deep.equal([
      0, -1000,
    ]);
  });

  it("stands still where a message has no time, and goes on from the last that had one", () => {
    const messages = [at("00:01.000", null), at(null, null), at("00:02.500", null)];
    expect(timesOf("occurred", messages)).to.deep.equal([0, 0, 1500]);
  });

  it("reads the times that AEPsych wrote, which have no zone", () => {
    const messages = ["2023-06-08T11:32:06.123456", "2023-06-08T11:32:07.123456"];
    expect(
      timesOf(
        "occurred",
        messages.map((timestamp) => ({ timestamp, occurred_at: null })),
      ),
    ).to.deep.equal([0, 1000]);
  });
});
