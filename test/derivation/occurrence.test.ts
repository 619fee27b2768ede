import { expect } from "chai";
import fc from "fast-check";
import { deriveOccurrence } from "../../src/derivation/index.js";

const clock = (offset: number, uncertainty = 1) => ({ offset_ms: offset, uncertainty_ms: uncertainty });

describe("deriveOccurrence", () => {
  it("adds the offset to the client's time, to the microsecond", () => {
    expect(deriveOccurrence(1_774_000_000_123.25, clock(-12.5, 0.75))).to.deep.equal({
      occurredAt: "2026-03-20T09:46:40.110750Z",
      clockOffsetMs: -12.5,
      clockUncertaintyMs: 0.75,
    });
  });

  it("takes the client's time as it is where the client says nothing of its clock", () => {
    expect(deriveOccurrence(1_774_000_000_000, undefined)).to.deep.equal({
      occurredAt: "2026-03-20T09:46:40.000000Z",
      clockOffsetMs: null,
      clockUncertaintyMs: null,
    });
  });

  it("has no time without that of the client, and keeps what is known of its clock", () => {
    expect(deriveOccurrence(undefined, clock(5))).to.deep.equal({
      occurredAt: null,
      clockOffsetMs: 5,
      clockUncertaintyMs: 1,
    });
  });

  for (const [sentAt, offset, occurredAt] of [
    [0, 0, "1970-01-01T00:00:00.000000Z"],
    [-0.001, 0, null],
    [-5000, 5000, "1970-01-01T00:00:00.000000Z"],
    [253_402_300_799_999, 0, "9999-12-31T23:59:59.999000Z"],
    [253_402_300_800_000, 0, null],
    [1e300, 0, null],
    [1e308, 1e308, null],
    [59_999.9999, 0, "1970-01-01T00:01:00.000000Z"],
  ] as const) {
    it(`makes ${String(occurredAt)} of ${sentAt} ms and an offset of ${offset} ms`, () => {
      expect(deriveOccurrence(sentAt, clock(offset)).occurredAt).to.equal(occurredAt);
    });
  }

  it("orders times as their texts", () => {
    const ms = fc.double({ min: 0, max: 253_402_300_799_999, noNaN: true });
    fc.assert(
      fc.property(ms, ms, (one, other) => {
        const [first = "", second = ""] = [one, other].map(
          (at) => deriveOccurrence(at, undefined).occurredAt ?? "",
        );
        if (Math.abs(one - other) < 0.01) return;
        expect(first < second).to.equal(one < other);
      }),
    );
  });
});
