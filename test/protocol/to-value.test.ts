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
  it("converts an object with toJSON, such as a DOMRect, to the result of toJSON", () => {
    expect(toValue({ where: new Rectangle() })).to.deep.equal(new Map([["where", new Map([["width", 3]])]]));
  });

  it("converts buffers to bytes", () => {
    const { buffer } = Uint8Array.of(1, 2, 3);
    expect(toValue([buffer, new DataView(buffer, 1, 2)])).to.deep.equal([
      Uint8Array.of(1, 2, 3),
      Uint8Array.of(2, 3),
    ]);
  });

  it("converts typed arrays to lists, and empty objects to empty maps", () => {
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
    it(`does not convert a ${kind} to an empty map`, () => {
      expect(() => toValue({ rt: opaque })).to.throw(TypeError, `cannot hold a ${kind}`);
    });
  }
});
