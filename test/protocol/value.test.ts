import { expect } from "chai";
import fc from "fast-check";
import { Timestamp, type Value, type ValueMap, equalValues, isMap } from "../../src/protocol/index.js";
import { anyValue } from "../support/checks/arbitraries.js";

/** Another value that says the same: copied all through, the keys of its maps turned round. */
function copy(value: Value): Value {
  if (Array.isArray(value)) return value.map(copy);
  if (value instanceof Uint8Array) return value.slice();
  if (value instanceof Timestamp) return new Timestamp(value.seconds, value.nanoseconds);
  return isMap(value) ? new Map([...value].reverse().map(([key, item]) => [key, copy(item)])) : value;
}

const map = (...entries: [string, Value][]): ValueMap => new Map(entries);

describe("equalValues", () => {
  it("considers any value equal to its copy, whatever the order of keys", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(equalValues(value, copy(value))).to.equal(true);
      }),
      { numRuns: 1000 },
    );
  });

  it("is symmetric", () => {
    fc.assert(
      fc.property(anyValue, anyValue, (a, b) => {
        expect(equalValues(a, b)).to.equal(equalValues(b, a));
      }),
      { numRuns: 1000 },
    );
  });

  it("distinguishes a value from the same value with an addition", () => {
    fc.assert(
      fc.property(anyValue, anyValue, (value, more) => {
        expect(equalValues(value, [value])).to.equal(false);
        expect(equalValues([value], [value, more])).to.equal(false);
        expect(equalValues(map(["a", value]), map(["a", value], ["b", more]))).to.equal(false);
      }),
    );
  });

  const equal: [string, Value, Value][] = [
    ["NaN and NaN", NaN, NaN],
    ["1 and the integer 1", 1, 1n],
    ["−0 and 0", -0, 0],
    ["−0 and the integer 0", -0, 0n],
    ["2^53 as a double and as an integer", 2 ** 53, 2n ** 53n],
    ["10^300 as a double and its exact integer", 1e300, BigInt(1e300)],
    ["numbers deep inside", [map(["a", [1, NaN]])], [map(["a", [1n, NaN]])]],
    ["empty bytes", new Uint8Array(0), new Uint8Array(0)],
    ["bytes and a buffer of the same bytes", Uint8Array.of(1, 2), Buffer.of(1, 2)],
    [
      "maps with keys in another order",
      map(["__proto__", 1], ["10", 2], ["a", 3]),
      map(["a", 3], ["10", 2], ["__proto__", 1]),
    ],
  ];
  for (const [name, a, b] of equal) {
    it(`considers ${name} equal`, () => {
      expect(equalValues(a, b)).to.equal(true);
      expect(equalValues(b, a)).to.equal(true);
    });
  }

  const different: [string, Value | undefined, Value | undefined][] = [
    ["neighbouring integers beyond 2^53", 9007199254740993n, 9007199254740992n],
    ["an integer beyond 2^53 and the nearest double", 9007199254740993n, 9007199254740992],
    ["NaN and 0", NaN, 0],
    ["NaN and an integer", NaN, 0n],
    ["Infinity and −Infinity", Infinity, -Infinity],
    ["1 and true", 1, true],
    ["0 and false", 0, false],
    ["0 and null", 0, null],
    ["1 and the text 1", 1, "1"],
    ["an integer and its text", 9007199254740993n, "9007199254740993"],
    ["null and nothing", null, undefined],
    ["an empty text and null", "", null],
    ["a list and its only item", [1], 1],
    ["lists in another order", [1, 2], [2, 1]],
    ["an empty list and an empty map", [], map()],
    ["maps with other keys", map(["a", null]), map(["b", null])],
    ["maps with other values", map(["a", 1]), map(["a", 2])],
    ["bytes and a list of the same numbers", Uint8Array.of(1, 2), [1, 2]],
    ["bytes of another length", Uint8Array.of(1, 2), Uint8Array.of(1)],
    ["bytes with another byte", Uint8Array.of(1, 2), Uint8Array.of(1, 3)],
    ["timestamps a nanosecond apart", new Timestamp(1, 0), new Timestamp(1, 1)],
    ["timestamps a second apart", new Timestamp(1, 5), new Timestamp(2, 5)],
    ["a timestamp and its text", new Timestamp(0, 0), "1970-01-01T00:00:00.000000000Z"],
    ["a composed and a decomposed letter", "\u00e4", "a\u0308"],
  ];
  for (const [name, a, b] of different) {
    it(`distinguishes ${name}`, () => {
      expect(equalValues(a, b)).to.equal(false);
      expect(equalValues(b, a)).to.equal(false);
    });
  }

  it("considers undefined equal only to undefined", () => {
    expect(equalValues(undefined, undefined)).to.equal(true);
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(equalValues(undefined, value)).to.equal(false);
      }),
    );
  });
});

describe("Timestamp", () => {
  for (const [seconds, nanoseconds, text] of [
    [0, 0, "1970-01-01T00:00:00.000000000Z"],
    [1_764_000_000, 123_456_789, "2025-11-24T16:00:00.123456789Z"],
    [1, 5, "1970-01-01T00:00:01.000000005Z"],
    [-1, 0, "1969-12-31T23:59:59.000000000Z"],
    [-1, 999_999_999, "1969-12-31T23:59:59.999999999Z"],
    [-62_167_219_200, 1, "0000-01-01T00:00:00.000000001Z"],
    [253_402_300_800, 0, "+010000-01-01T00:00:00.000000000Z"],
    [8_640_000_000_000, 999_999_999, "+275760-09-13T00:00:00.999999999Z"],
  ] as const) {
    it(`writes ${seconds} s and ${nanoseconds} ns as ${text}`, () => {
      expect(new Timestamp(seconds, nanoseconds).toISOString()).to.equal(text);
    });
  }
});
