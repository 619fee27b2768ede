import { expect } from "chai";
import fc from "fast-check";
import { deriveTrials } from "../../../src/derivation/index.js";
import type { Value } from "../../../src/protocol/index.js";
import { readParamText } from "../../../src/queries/trials/param-text.js";

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

  it("reads what AEPsych wrote as Python writes numbers, and only there", () => {
    for (const [text, value] of [
      ["-1.0", -1],
      ["1.0", 1],
      ["-1e-05", -1e-5],
      ["1.5e+16", 1.5e16],
      ["-0.0", -0],
      ["7", 7],
      ["True", true],
      ["nan", NaN],
      ["-inf", -Infinity],
      ["0412", "0412"],
      ["1e400", "1e400"],
      ["9007199254740993", "9007199254740993"],
      ["1.", "1."],
      ["red", "red"],
    ] as const) {
      expect(Object.is(readParamText(text, true), value), text).to.equal(true);
    }
    for (const text of ["1.0", "-1e-05", "True", "nan", "-inf"]) expect(readParamText(text)).to.equal(text);
  });
});
