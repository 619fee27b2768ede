import { expect } from "chai";
import fc from "fast-check";
import { Fifo } from "../../src/common/index.js";

describe("Fifo", () => {
  it("returns items in their order, as an array would", () => {
    const steps = fc.array(
      fc.oneof(fc.nat(50), fc.constant("take" as const), fc.constant("clear" as const)),
      {
        maxLength: 200,
        size: "max",
      },
    );
    fc.assert(
      fc.property(steps, (all) => {
        const fifo = new Fifo<number>();
        let array: number[] = [];
        for (const [index, step] of all.entries()) {
          if (step === "take") expect(fifo.shift()).to.equal(array.shift());
          else if (step === "clear") {
            fifo.clear();
            array = [];
          } else {
            for (let count = 0; count < step; count += 1) {
              fifo.push(index * 100 + count);
              array.push(index * 100 + count);
            }
          }
          expect([fifo.length, fifo.first]).to.deep.equal([array.length, array[0]]);
        }
      }),
    );
  });

  it("keeps the order of many thousands of items", () => {
    const fifo = new Fifo<number>();
    for (let item = 0; item < 10_000; item += 1) fifo.push(item);
    for (let item = 0; item < 10_000; item += 1) {
      expect(fifo.shift()).to.equal(item);
      if (item % 2 === 0) fifo.push(10_000 + item / 2);
    }
    for (let item = 0; item < 5_000; item += 1) expect(fifo.shift()).to.equal(10_000 + item);
    expect(fifo.shift()).to.equal(undefined);
  });
});
