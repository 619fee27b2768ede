import { expect } from "chai";
import fc from "fast-check";
import { ConnectionCounts } from "../../src/access/connection-counts.js";
import { Rates } from "../../src/access/rates.js";

describe("Rates", () => {
  it("let a minute's worth through at once, and ask for a wait before each later one", () => {
    // Also in the first minute of a process.
    const rates = new Rates(60, () => 0);
    for (let count = 0; count < 60; count += 1) expect(rates.spend("a")).to.equal(0);
    expect(rates.spend("a")).to.equal(1000);
    expect(rates.spend("a")).to.equal(2000);
    expect(rates.spend("b")).to.equal(0);
  });

  it("ask for a wait of at most a minute, and forgive the rest", () => {
    let now = 1e6;
    const rates = new Rates(60, () => now);
    for (let count = 0; count < 10_000; count += 1) expect(rates.spend("a")).to.be.at.most(60_000);
    now += 61_000;
    expect(rates.spend("a")).to.equal(0);
  });

  it("never let more through than a minute's worth and the rate allow", () => {
    const steps = fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), steps, (perMinute, waits) => {
        let now = 1e6;
        const rates = new Rates(perMinute, () => now);
        let free = 0;
        for (const wait of waits) {
          now += wait;
          if (rates.spend("a") === 0) free += 1;
        }
        expect(free).to.be.at.most(perMinute * (1 + (now - 1e6) / 60_000) + 1e-6);
      }),
    );
  });

  it("keep their memory bounded for any number of addresses", () => {
    const rates = new Rates(1, () => 1e6);
    for (let count = 0; count < 100_000; count += 1) rates.spend(`address ${count}`);
    expect(rates.known).to.be.at.most(10_000);
  });
});

describe("ConnectionCounts", () => {
  it("never exceed either limit, and have room again after a connection ends", () => {
    const moves = fc.array(fc.tuple(fc.boolean(), fc.constantFrom("a", "b", "c")), { maxLength: 200 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        moves,
        (all, each, taken) => {
          const counts = new ConnectionCounts(all, each);
          const inside: string[] = [];
          for (const [isEntering, address] of taken) {
            const place = inside.indexOf(address);
            if (isEntering) {
              const ofAddress = inside.filter((one) => one === address).length;
              const expected =
                ofAddress >= each
                  ? "too_many_connections_of_address"
                  : inside.length >= all
                    ? "too_many_connections"
                    : undefined;
              expect(counts.enter(address)).to.equal(expected);
              if (expected === undefined) inside.push(address);
            } else if (place !== -1) {
              counts.leave(address);
              inside.splice(place, 1);
            }
          }
        },
      ),
    );
  });
});
