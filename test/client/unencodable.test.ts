import { expect } from "chai";
import { describeUnencodable } from "../../src/client/unencodable.js";

describe("what is kept of a message that no frame can say", () => {
  it("is all that goes round in a circle, once", () => {
    const event: Record<string, unknown> = { key: "y" };
    event["path"] = [event];
    const message = { config: { x: 0.25 }, outcome: 1, event };
    expect(JSON.parse(describeUnencodable({ type: "tell", message }))).to.deep.equal({
      type: "tell",
      message: { config: { x: 0.25 }, outcome: 1, event: { key: "y", path: ["[as before]"] } },
    });
  });

  it("is everything but a member that cannot be read", () => {
    const event = {
      get view() {
        throw new Error("Blocked.");
      },
    };
    const said = describeUnencodable({ outcome: NaN, event, draw: Symbol("x"), seen: new Map([["a", 1n]]) });
    expect(JSON.parse(said)).to.deep.equal({
      outcome: "NaN",
      event: { view: "Error: Blocked." },
      draw: "Symbol(x)",
      seen: { a: "1" },
    });
  });

  it("has an end, however deep it is", () => {
    let deep: object = {};
    for (let depth = 0; depth < 100_000; depth += 1) deep = { deep };
    expect(describeUnencodable({ outcome: 1, deep })).to.contain('{"outcome":1,');
  });
});
