import { expect } from "chai";
import fc from "fast-check";
import { toText } from "../../src/derivation/text.js";
import { Timestamp, type Value, equalValues, parseTaggedJson } from "../../src/protocol/index.js";
import { anyValue } from "../support/checks/arbitraries.js";

describe("toText", () => {
  const texts: [string, Value, string | null][] = [
    ["null as NULL", null, null],
    ["text as it is", ' "ä"\n\u0000', ' "ä"\n\u0000'],
    ["an empty text as an empty text", "", ""],
    ["true as true", true, "true"],
    ["false as false", false, "false"],
    ["1 as 1", 1, "1"],
    ["0.1 as 0.1", 0.1, "0.1"],
    ["0 as 0", 0, "0"],
    ["−0 as -0", -0, "-0"],
    ["10^21 with an exponent", 1e21, "1e+21"],
    ["the least double with an exponent", 5e-324, "5e-324"],
    ["NaN as NaN", NaN, "NaN"],
    ["Infinity as Infinity", Infinity, "Infinity"],
    ["-Infinity as -Infinity", -Infinity, "-Infinity"],
    ["an integer beyond 2^53 exactly", -9007199254740993n, "-9007199254740993"],
    ["a timestamp as ISO 8601", new Timestamp(-1, 5), "1969-12-31T23:59:59.000000005Z"],
    ["a list as JSON", [1, "x", null], '[1,"x",null]'],
    ["a map as JSON", new Map<string, Value>([["a", NaN]]), '{"a":{"$number":"NaN"}}'],
    ["bytes as JSON", Uint8Array.of(1, 2), '{"$bytes":"AQI="}'],
  ];
  for (const [name, value, text] of texts) {
    it(`writes ${name}`, () => {
      expect(toText(value)).to.equal(text);
    });
  }

  it("writes every double as a decimal that reads back as the same double", () => {
    fc.assert(
      fc.property(fc.double(), (number) => {
        expect(Object.is(Number(toText(number)), number)).to.equal(true);
      }),
    );
  });

  it("writes lists and maps as JSON that reads back as equal values", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(equalValues(parseTaggedJson(toText([value]) ?? ""), [value])).to.equal(true);
      }),
    );
  });
});
