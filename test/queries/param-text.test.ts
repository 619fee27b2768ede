import { expect } from "chai";
import fc from "fast-check";
import { deriveTrials } from "../../src/derivation/index.js";
import type { Value } from "../../src/protocol/index.js";
import { readParamText } from "../../src/queries/param-text.js";

const written = (value: number | boolean) =>
  deriveTrials(
    new Map<string, Value>([
      ["config", new Map([["x", value]])],
      ["outcome", null],
    ]),
    undefined,
    { stimuliPerTrial: 1, outcomeNames: [] },
  )[0]?.params[0]?.value;

describe("readParamText", () => {
  it("reads back every finite number and boolean that derivation writes", () => {
    fc.assert(
      fc.property(fc.oneof(fc.double({ noNaN: true }), fc.boolean()), (value) => {
        expect(readParamText(written(value) ?? null)).to.equal(value);
      }),
    );
  });

  for (const text of [
    "",
    " 1",
    "1 ",
    "01",
    "+1",
    "1.0",
    "1e5",
    "0x10",
    "1,5",
    "True",
    "12345678901234567890",
    "1e400",
  ]) {
    it(`leaves ${JSON.stringify(text)} as text`, () => {
      expect(readParamText(text)).to.equal(text);
    });
  }

  it("returns null for null", () => {
    expect(readParamText(null)).to.equal(null);
  });
});
