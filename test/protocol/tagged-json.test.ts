import { expect } from "chai";
import fc from "fast-check";
import {
  ProtocolError,
  Timestamp,
  type Value,
  type ValueMap,
  equalValues,
  formatJson,
  isMap,
  parseJson,
  parseTaggedJson,
} from "../../src/protocol/index.js";
import { anyValue } from "../support/checks/arbitraries.js";

/** What JSON.parse gives, as a value: objects as maps. */
function toValue(plain: unknown): Value {
  if (Array.isArray(plain)) return plain.map(toValue);
  if (typeof plain !== "object" || plain === null) return plain as Value;
  return new Map(Object.entries(plain).map(([key, item]) => [key, toValue(item)]));
}

/** A value with its large integers rounded to doubles, as JSON.parse rounds them. */
function rounded(value: Value): Value {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(rounded);
  return isMap(value) ? new Map([...value].map(([key, item]) => [key, rounded(item)])) : value;
}

function expectCode(act: () => unknown, code: string): void {
  expect(act).to.throw(ProtocolError).with.property("code", code);
}

const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
const containers = (count: number) => `[${Array.from({ length: count - 1 }, () => "[]").join(",")}]`;

describe("parseJson", () => {
  it("reads what JSON.parse reads to the same value", () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: "binary" }), fc.constantFrom(0, 1, "\t"), (json, space) => {
        const plain: unknown = JSON.parse(json);
        const text = JSON.stringify(plain, null, space);
        expect(equalValues(rounded(parseJson(text)), toValue(plain)), text).to.equal(true);
      }),
      { numRuns: 1000 },
    );
  });

  it("accepts the texts that JSON.parse accepts and refuses the others as malformed", () => {
    const tokens = '{ } [ ] , : " \\ 0 1 -1 - + . e E 1.5 2e3 "a" "" "\\u0041" "\\x" true null tru'.split(
      " ",
    );
    const soup = fc
      .array(fc.constantFrom(...tokens, " ", "\n", "\t", "\u00a0", "\ufeff", "\u0000"), { maxLength: 12 })
      .map((parts) => parts.join(""));
    const damaged = fc
      .tuple(fc.json(), fc.nat(), fc.nat(2), fc.constantFrom(...tokens, "", "\u0001"))
      .map(([text, where, length, patch]) => {
        const start = where % (text.length + 1);
        return text.slice(0, start) + patch + text.slice(start + length);
      });
    fc.assert(
      fc.property(fc.oneof(soup, damaged), (text) => {
        let plain: unknown;
        try {
          plain = JSON.parse(text);
        } catch {
          expectCode(() => parseJson(text), "malformed");
          return;
        }
        expect(equalValues(rounded(parseJson(text)), toValue(plain)), text).to.equal(true);
      }),
      { numRuns: 5000 },
    );
  });

  it("keeps the order of keys, numbers among them", () => {
    expect([...(parseJson('{"b":1,"10":2,"a":3,"2":4}') as ValueMap).keys()]).to.deep.equal([
      "b",
      "10",
      "a",
      "2",
    ]);
  });

  it("takes names of JavaScript's own as plain keys", () => {
    const map = parseJson(
      '{"__proto__":{"x":1},"constructor":2,"toString":3,"\\u005f_proto__2":4}',
    ) as ValueMap;
    expect([...map]).to.deep.equal([
      ["__proto__", new Map([["x", 1]])],
      ["constructor", 2],
      ["toString", 3],
      ["__proto__2", 4],
    ]);
    expect(({} as Record<string, unknown>)["x"]).to.equal(undefined);
  });

  it("takes the last of equal keys", () => {
    expect(parseJson('{"a":1,"b":2,"\\u0061":3}')).to.deep.equal(
      new Map([
        ["a", 3],
        ["b", 2],
      ]),
    );
  });

  it("reads NaN, Infinity and -Infinity as Python writes them", () => {
    expect(parseJson(' [NaN, Infinity, -Infinity, {"a":NaN}] ')).to.deep.equal([
      NaN,
      Infinity,
      -Infinity,
      new Map([["a", NaN]]),
    ]);
  });

  for (const text of ["nan", "-NaN", "+Infinity", "Infinit", "INFINITY", "NaNa", "- Infinity", "undefined"]) {
    it(`refuses ${text}`, () => {
      expectCode(() => parseJson(text), "malformed");
    });
  }

  it("keeps −0", () => {
    for (const text of ["-0", "-0.0", "-0e5", "-1e-400"]) {
      expect(Object.is(parseJson(text), -0), text).to.equal(true);
    }
  });

  it("reads integers beyond 2^53 exactly", () => {
    expect(parseJson("9007199254740991")).to.equal(9007199254740991);
    expect(parseJson("9007199254740992")).to.equal(9007199254740992n);
    expect(parseJson("-9007199254740993")).to.equal(-9007199254740993n);
    expect(parseJson("123456789012345678901234567890")).to.equal(123456789012345678901234567890n);
  });

  it("reads integers of any size exactly", () => {
    fc.assert(
      fc.property(fc.bigInt(), (integer) => {
        expect(equalValues(parseJson(integer.toString()), integer)).to.equal(true);
      }),
    );
  });

  it("reads a number with a fraction or an exponent as a double, however large", () => {
    expect(parseJson("9007199254740993.0")).to.equal(9007199254740992);
    expect(parseJson("1e30")).to.equal(1e30);
    expect(parseJson("1e400")).to.equal(Infinity);
  });

  it("keeps lone surrogates", () => {
    expect(parseJson('"\\ud800"')).to.equal("\ud800");
    expect(parseJson('{"\\udfff\\ud800":"x"}')).to.deep.equal(new Map([["\udfff\ud800", "x"]]));
  });

  it("joins the escaped halves of one character", () => {
    expect(parseJson('"\\ud83d\\ude00"')).to.equal("😀");
  });

  it("refuses every control character in a string", () => {
    for (let code = 0; code < 0x20; code += 1) {
      expectCode(() => parseJson(`"a${String.fromCharCode(code)}b"`), "malformed");
    }
  });

  it("accepts delete and the line separators in a string", () => {
    expect(parseJson('"\u007f\u2028\u2029"')).to.equal("\u007f\u2028\u2029");
  });

  it("takes only JSON's own blanks between tokens", () => {
    expect(parseJson(" \t\r\n[ \t\r\n1 ,\n2\r]\t ")).to.deep.equal([1, 2]);
    for (const blank of ["\u00a0", "\u000b", "\f", "\u2028", "\ufeff"]) {
      expectCode(() => parseJson(`[1,${blank}2]`), "malformed");
    }
  });

  for (const text of ["{} x", "1 2", "[1]]", '"a""b"', "null,", "{}\u0000"]) {
    it(`refuses bytes after the value: ${JSON.stringify(text)}`, () => {
      expectCode(() => parseJson(text), "malformed");
    });
  }

  for (const text of [
    "",
    " ",
    "{",
    "[1,",
    '{"a"',
    '{"a":',
    '"abc',
    '"abc\\',
    "tru",
    "-",
    "[1,]",
    '{"a":1,}',
    "'a'",
  ]) {
    it(`refuses ${text === "" ? "an empty text" : JSON.stringify(text)}`, () => {
      expectCode(() => parseJson(text), "malformed");
    });
  }

  it("says where a text goes wrong", () => {
    expect(() => parseJson('{"a" 1}')).to.throw(ProtocolError, "at character 6");
    expect(() => parseJson('{"a": [1, 2')).to.throw(ProtocolError, "unexpected end");
  });

  it("accepts 256 levels", () => {
    expect(parseJson(nested(256))).to.be.an("array");
    expect(parseJson(`${'{"a":'.repeat(255)}[]${"}".repeat(255)}`)).to.be.instanceOf(Map);
  });

  it("refuses 257 levels as invalid", () => {
    expectCode(() => parseJson(nested(257)), "invalid");
    expectCode(() => parseJson(`${'{"a":['.repeat(128)}[]${"]}".repeat(128)}`), "invalid");
  });

  it("refuses 100,000 levels as invalid, closed or not", () => {
    expectCode(() => parseJson(nested(100_000)), "invalid");
    expectCode(() => parseJson('{"a":'.repeat(100_000)), "invalid");
  });

  it("accepts a million lists and maps and refuses one more as invalid", () => {
    expect(parseJson(containers(1_000_000))).to.have.length(999_999);
    expectCode(() => parseJson(containers(1_000_001)), "invalid");
  });

  it("accepts an integer of 100,000 digits and refuses one of 100,001 as invalid", () => {
    expect(parseJson("9".repeat(10_000))).to.be.a("bigint");
    expectCode(() => parseJson("9".repeat(10_001)), "invalid");
  });

  it("counts the digits of a negative integer without its sign", () => {
    expect(parseJson(`-${"9".repeat(10_000)}`)).to.be.a("bigint");
    expectCode(() => parseJson(`-${"9".repeat(10_001)}`), "invalid");
  });
});

describe("formatJson", () => {
  it("writes any value so that it is read back equal", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(equalValues(parseTaggedJson(formatJson(value)), value)).to.equal(true);
      }),
      { numRuns: 3000 },
    );
  });

  it("writes any value so that its keys keep their order", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const text = formatJson(value);
        expect(formatJson(parseTaggedJson(text))).to.equal(text);
      }),
      { numRuns: 1000 },
    );
  });

  it("writes whole doubles between 2^53 and 10^21 so that they are read back equal", () => {
    const whole = fc
      .tuple(fc.integer({ min: 53, max: 69 }), fc.maxSafeInteger())
      .map(([exponent, fraction]) => Math.trunc((1 + Math.abs(fraction) / 2 ** 53) * 2 ** exponent));
    fc.assert(
      fc.property(whole, (value) => {
        expect(equalValues(parseTaggedJson(formatJson(value)), value), String(value)).to.equal(true);
      }),
    );
  });

  it("writes text that any JSON reader reads", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(() => JSON.parse(formatJson(value)) as unknown).not.to.throw();
      }),
    );
  });

  it("writes what JSON can say as JSON", () => {
    const value = new Map<string, Value>([
      ["10", [1, 0.5, -0, 1e21]],
      ["a", new Map<string, Value>([["", null]])],
      ['\n"\ud800', true],
    ]);
    expect(formatJson(value)).to.equal('{"10":[1,0.5,-0,1e+21],"a":{"":null},"\\n\\"\\ud800":true}');
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

  it("writes bytes of every value and many of them", () => {
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

  it("writes the last timestamp that MessagePack messages may hold", () => {
    const last = new Timestamp(8_639_999_999_999, 999_999_999);
    expect(parseTaggedJson(formatJson(last))).to.deep.equal(last);
  });
});

describe("parseTaggedJson", () => {
  it("reads what formatJson wrote of anything that a frame can hold, however deep", () => {
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
      expectCode(() => parseTaggedJson(text), "malformed");
    });
  }
});
