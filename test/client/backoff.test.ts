import { expect } from "chai";
import fc from "fast-check";
import { backoffMs } from "../../src/client/backoff.js";

describe("backoffMs", () => {
  it("stays between 0.25 s and 10 s", () => {
    fc.assert(
      fc.property(fc.nat(100_000), fc.double({ min: 0, max: 1, noNaN: true }), (failures, random) => {
        expect(backoffMs(failures, random)).to.be.within(250, 10_000);
      }),
    );
  });

  it("grows with every failure, up to 10 s", () => {
    expect([0, 1, 2, 3, 4, 5].map((failures) => backoffMs(failures, 1))).to.deep.equal([
      500, 1000, 2000, 4000, 8000, 10_000,
    ]);
    expect(backoffMs(1_000_000, 1)).to.equal(10_000);
  });
});
