import { expect } from "chai";
import { describeUnencodable } from "../../src/client/unencodable.js";

describe("describeUnencodable", () => {
  it("describes each object of a circle once", () => {
    const event: Record<string, unknown> = { key: "y" };
    event["path"] = [event];
    const message = { config: { x: 0.25 }, outcome: 1, event };
    expect(JSON.parse(describeUnencodable({ type: "tell", message }))).to.deep.equal({
      type: "tell",
      message: { config: { x: 0.25 }, outcome: 1, event: { key: "y", path: ["[as before]"] } },
    });
  });

  it("omits only a member that cannot be read", () => {
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

  it("ends for a message of any depth", () => {
    let deep: object = {};
    for (let depth = 0; depth < 100_000; depth += 1) deep = { deep };
    expect(describeUnencodable({ outcome: 1, deep })).to.contain('{"outcome":1,');
  });
});
