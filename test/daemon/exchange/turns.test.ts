import { expect } from "chai";
import { Turns } from "../../../src/daemon/exchange/index.js";
import type { Steps } from "../../../src/protocol/index.js";

/** Work of so many steps of two milliseconds each. */
function* stepsOf(count: number, onStep: () => void): Steps<number> {
  for (let step = 0; step < count; step += 1) {
    const end = performance.now() + 2;
    while (performance.now() < end);
    onStep();
    yield;
  }
  return count;
}

describe("Turns", () => {
  it("lets two long works advance by turns, and returns what each gives", async () => {
    const turns = new Turns();
    const order: string[] = [];
    const results = await Promise.all(
      ["a", "b"].map((name) => turns.run(stepsOf(40, () => order.push(name)))),
    );
    expect(results).to.deep.equal([40, 40]);
    expect(order.indexOf("b")).to.be.lessThan(order.lastIndexOf("a"));
    expect(order.slice(0, 40)).to.include("b");
  });

  it("lets the event loop turn during long work", async () => {
    const turns = new Turns();
    let loops = 0;
    const count = setInterval(() => (loops += 1), 1);
    await turns.run(stepsOf(40, () => undefined));
    clearInterval(count);
    expect(loops).to.be.greaterThan(2);
  });

  it("does large work one at a time, also after one has failed", async () => {
    const turns = new Turns();
    const order: string[] = [];
    const work = (name: string) => async () => {
      order.push(`${name} begins`);
      await turns.next();
      order.push(`${name} ends`);
      if (name === "a") throw new Error("a fails");
    };
    const failed = turns.alone(work("a")).catch((error: unknown) => order.push(String(error)));
    await Promise.all([failed, turns.alone(work("b"))]);
    expect(order.filter((line) => line.includes(" begins") || line.includes(" ends"))).to.deep.equal([
      "a begins",
      "a ends",
      "b begins",
      "b ends",
    ]);
  });
});
