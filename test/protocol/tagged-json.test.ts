import { expect } from "chai";
import fc from "fast-check";
import {
  Timestamp,
  type Value,
  equalValues,
  formatJson,
  parseJson,
  parseTaggedJson,
} from "../../src/protocol/index.js";
import { anyValue } from "../support/checks/arbitraries.js";
import { expectProtocolError } from "../support/checks/expect-protocol-error.js";

describe("formatJson", () => {
  it("writes any value so that it reads back equal", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(equalValues(parseTaggedJson(formatJson(value)), value)).to.equal(true);
      }),
      { numRuns: 3000 },
    );
  });

  it("keeps the order of keys", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const text = formatJson(value);
        expect(formatJson(parseTaggedJson(text))).to.equal(text);
      }),
      { numRuns: 1000 },
    );
  });

  it("writes whole doubles between 2^53 and 10^21 so that they read back equal", () => {
    const whole = fc
      .tuple(fc.integer({ min: 53, max: 69 }), fc.maxSafeInteger())
      .map(([exponent, fraction]) => Math.trunc((1 + Math.abs(fraction) / 2 ** 53) * 2 ** exponent));
    fc.assert(
      fc.property(whole, (value) => {
        expect(equalValues(parseTaggedJson(formatJson(value)), value), String(value)).to.equal(true);
      }),
    );
  });

  it("writes text that JSON.parse accepts", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(() => JSON.parse(formatJson(value)) as unknown).not.to.throw();
      }),
    );
  });

  it("writes values that JSON has as plain JSON", () => {
    const value = new Map<string, Value>([
      ["10", [1, 0.5, -0, 1e21]],
      ["a", new Map<string, Value>([["", null]])],
      ['\n"\ud800', true],
    ]);
    expect(formatJson(value)).to.equal('{"10":[1,0.5,-0.0,1e+21],"a":{"":null},"\\n\\"\\ud800":true}');
  });

  const tagged: [string, Value, string][] = [
    ["bytes", Uint8Array.of(0, 255, 16), '{"$bytes":"AP8Q"}'],
    ["no bytes", new Uint8Array(0), '{"$bytes":""}'],
    ["NaN", NaN, '{"$number":"NaN"}'],
    ["Infinity", Infinity, '{"$number":"Infinity"}'],
    ["-Infinity", -Infinity, '{"$number":"-Infinity"}'],
    ["an integer beyond 2^53", -9007199254740993n, '{"$integer":"-9007199254740993"}'],
    ["a timestamp", new Timestamp(1, 5), '{"$timestamp":"1970-01-01T00:00:01.000000005Z"}'],
    ["a map that looks like a tag", new Map([["$number", "NaN"]]), '{"$literal":{"$number":"NaN"}}'],
    ["a map that looks like a literal", new Map([["$literal", 1]]), '{"$literal":{"$literal":1}}'],
    [
      "a tag in a map that looks like one",
      new Map<string, Value>([["$bytes", Uint8Array.of(1)]]),
      '{"$literal":{"$bytes":{"$bytes":"AQ=="}}}',
    ],
    [
      "a map with a tag among other keys",
      new Map<string, Value>([
        ["$number", "NaN"],
        ["a", 1],
      ]),
      '{"$number":"NaN","a":1}',
    ],
    ["a map with an unknown tag", new Map([["$date", "x"]]), '{"$date":"x"}'],
  ];
  for (const [name, value, text] of tagged) {
    it(`writes ${name} as ${text}`, () => {
      expect(formatJson(value)).to.equal(text);
      expect(parseTaggedJson(text)).to.deep.equal(value);
    });
  }

  it("writes every byte value, and many bytes", () => {
    const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => index % 256);
    expect(parseTaggedJson(formatJson(bytes))).to.deep.equal(bytes);
  });

  it("writes timestamps before 1970, at the ends of time, and with whole seconds", () => {
    for (const time of [
      new Timestamp(-1, 500_000_000),
      new Timestamp(-1, 0),
      new Timestamp(0, 0),
      new Timestamp(-62_167_219_201, 999_999_999),
      new Timestamp(253_402_300_800, 1),
      new Timestamp(-8_640_000_000_000, 1),
      new Timestamp(8_640_000_000_000, 0),
      new Timestamp(8_640_000_000_000, 999_999),
    ]) {
      expect(parseTaggedJson(formatJson(time)), JSON.stringify(time)).to.deep.equal(time);
    }
  });

  it("writes the last timestamp that a MessagePack message can have", () => {
    const last = new Timestamp(8_639_999_999_999, 999_999_999);
    expect(parseTaggedJson(formatJson(last))).to.deep.equal(last);
  });
});

describe("parseTaggedJson", () => {
  it("reads the tagged form of any value of a frame, however deep", () => {
    let deep: Value = NaN;
    for (let level = 0; level < 256; level += 1) deep = new Map([["$literal", deep]]);
    const value = parseJson(`${'{"$literal":'.repeat(256)}NaN${"}".repeat(256)}`);
    expect(equalValues(value, deep)).to.equal(true);
    expect(equalValues(parseTaggedJson(formatJson(value)), deep)).to.equal(true);
  });

  for (const text of [
    '{"$bytes":"*"}',
    '{"$bytes":1}',
    '{"$integer":"x"}',
    '{"$integer":"1.5"}',
    '{"$number":"abc"}',
    '{"$timestamp":"yesterday"}',
    '{"$timestamp":null}',
    '{"$literal":"text"}',
    '{"$literal":5}',
    "{",
  ]) {
    it(`refuses ${text} as malformed`, () => {
      expectProtocolError(() => parseTaggedJson(text), "malformed");
    });
  }
});
