import { expect } from "chai";
import fc from "fast-check";
import { WaitingLine } from "../../../src/client/sending/waiting-line.js";

describe("WaitingLine", () => {
  it("behaves as a list whose first items are sent", () => {
    const step = fc.constantFrom("push", "push", "push", "send", "send", "shift", "unsend");
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8000, size: "max" }), (steps) => {
        const line = new WaitingLine<number>();
        let [list, sent, next] = [[] as number[], 0, 0];
        for (const name of steps) {
          if (name === "push") {
            line.push((next += 1));
            list.push(next);
          } else if (name === "send" && sent < list.length) {
            expect(line.nextToSend).to.equal(list[sent]);
            line.markSent();
            sent += 1;
          } else if (name === "shift" && sent > 0) {
            expect(line.first).to.equal(list[0]);
            line.shift();
            list = list.slice(1);
            sent -= 1;
          } else if (name === "unsend") {
            line.unsend();
            sent = 0;
          }
          expect([line.length, line.sentCount]).to.deep.equal([list.length, sent]);
        }
        expect(line.toArray()).to.deep.equal(list);
      }),
      { numRuns: 30 },
    );
  });
});
