import { setImmediate } from "node:timers";
import { expect } from "chai";
import { runInTurns } from "../../src/common/index.js";

/** Work of so many steps of two milliseconds each. */
function* stepsOf(count: number): Generator<undefined, string, undefined> {
  for (let step = 0; step < count; step += 1) {
    const end = performance.now() + 2;
    while (performance.now() < end);
    yield;
  }
  return "done";
}

describe("runInTurns", () => {
  it("lets the event loop go round during long work, and returns its result", async () => {
    let rounds = 0;
    const count = () => {
      rounds += 1;
      counting = setImmediate(count);
    };
    let counting = setImmediate(count);
    const result = await runInTurns(stepsOf(40));
    clearImmediate(counting);
    expect(result).to.equal("done");
    expect(rounds).to.be.at.least(5);
  });

  it("rejects with what the work throws", async () => {
    function* failing(): Generator<undefined, never, undefined> {
      yield;
      throw new TypeError("no");
    }
    const failure = await runInTurns(failing()).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(TypeError);
  });
});
