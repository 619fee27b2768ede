import { expect } from "chai";
import { toValue } from "../../src/protocol/index.js";

class Rectangle {
  get width() {
    return 3;
  }
  toJSON() {
    return { width: this.width };
  }
}

describe("toValue", () => {
  it("takes what has a toJSON, as a rectangle of a page, for what that gives", () => {
    expect(toValue({ where: new Rectangle() })).to.deep.equal(new Map([["where", new Map([["width", 3]])]]));
  });

  it("takes buffers for bytes", () => {
    const { buffer } = Uint8Array.of(1, 2, 3);
    expect(toValue([buffer, new DataView(buffer, 1, 2)])).to.deep.equal([
      Uint8Array.of(1, 2, 3),
      Uint8Array.of(2, 3),
    ]);
  });

  it("takes typed arrays for lists, and empty objects for empty maps", () => {
    const empty = Object.create(null) as object;
    expect(toValue([Float32Array.of(0.5), BigInt64Array.of(2n), {}, empty])).to.deep.equal([
      [0.5],
      [2],
      new Map(),
      new Map(),
    ]);
  });

  for (const [kind, opaque] of [
    ["Promise", Promise.resolve(1)],
    ["Error", new Error("no")],
    ["WeakMap", new WeakMap()],
    ["Number", Object(5) as object],
  ] as const) {
    it(`does not take a ${kind} for an empty map`, () => {
      expect(() => toValue({ rt: opaque })).to.throw(TypeError, `cannot hold a ${kind}`);
    });
  }
});
