import { expect } from "chai";
import fc from "fast-check";
import {
  ProtocolError,
  type Value,
  type ValueMap,
  equalValues,
  isMap,
  parseJson,
} from "../../../src/protocol/index.js";
import { expectProtocolError } from "../../support/checks/expect-protocol-error.js";
import { fromPlain } from "../../support/checks/plain-value.js";

/** A value with its large integers rounded to doubles, as by JSON.parse. */
function rounded(value: Value): Value {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(rounded);
  return isMap(value) ? new Map([...value].map(([key, item]) => [key, rounded(item)])) : value;
}

const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
const containers = (count: number) => `[${Array.from({ length: count - 1 }, () => "[]").join(",")}]`;

describe("parseJson", () => {
  it("reads the same value as JSON.parse", () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: "binary" }), fc.constantFrom(0, 1, "\t"), (json, space) => {
        const plain: unknown = JSON.parse(json);
        const text = JSON.stringify(plain, null, space);
        expect(equalValues(rounded(parseJson(text)), fromPlain(plain)), text).to.equal(true);
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
          expectProtocolError(() => parseJson(text), "malformed");
          return;
        }
        expect(equalValues(rounded(parseJson(text)), fromPlain(plain)), text).to.equal(true);
      }),
      { numRuns: 5000 },
    );
  });

  it("keeps the order of keys, including numbers", () => {
    expect([...(parseJson('{"b":1,"10":2,"a":3,"2":4}') as ValueMap).keys()]).to.deep.equal([
      "b",
      "10",
      "a",
      "2",
    ]);
  });

  it("reads names such as __proto__ as ordinary keys", () => {
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

  it("keeps the last of several equal keys", () => {
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
      expectProtocolError(() => parseJson(text), "malformed");
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

  it("joins escaped surrogate pairs", () => {
    expect(parseJson('"\\ud83d\\ude00"')).to.equal("😀");
  });

  it("refuses every control character in a string", () => {
    for (let code = 0; code < 0x20; code += 1) {
      expectProtocolError(() => parseJson(`"a${String.fromCharCode(code)}b"`), "malformed");
    }
  });

  it("accepts delete and the line separators in a string", () => {
    expect(parseJson('"\u007f\u2028\u2029"')).to.equal("\u007f\u2028\u2029");
  });

  it("allows only JSON's white space between tokens", () => {
    expect(parseJson(" \t\r\n[ \t\r\n1 ,\n2\r]\t ")).to.deep.equal([1, 2]);
    for (const blank of ["\u00a0", "\u000b", "\f", "\u2028", "\ufeff"]) {
      expectProtocolError(() => parseJson(`[1,${blank}2]`), "malformed");
    }
  });

  for (const text of ["{} x", "1 2", "[1]]", '"a""b"', "null,", "{}\u0000"]) {
    it(`refuses bytes after the value: ${JSON.stringify(text)}`, () => {
      expectProtocolError(() => parseJson(text), "malformed");
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
      expectProtocolError(() => parseJson(text), "malformed");
    });
  }

  it("gives the position of the error", () => {
    expect(() => parseJson('{"a" 1}')).to.throw(ProtocolError, "at character 6");
    expect(() => parseJson('{"a": [1, 2')).to.throw(ProtocolError, "unexpected end");
  });

  it("accepts 256 levels", () => {
    expect(parseJson(nested(256))).to.be.an("array");
    expect(parseJson(`${'{"a":'.repeat(255)}[]${"}".repeat(255)}`)).to.be.instanceOf(Map);
  });

  it("refuses 257 levels as invalid", () => {
    expectProtocolError(() => parseJson(nested(257)), "invalid");
    expectProtocolError(() => parseJson(`${'{"a":['.repeat(128)}[]${"]}".repeat(128)}`), "invalid");
  });

  it("refuses 100,000 levels as invalid, closed or not", () => {
    expectProtocolError(() => parseJson(nested(100_000)), "invalid");
    expectProtocolError(() => parseJson('{"a":'.repeat(100_000)), "invalid");
  });

  it("accepts a million lists and maps and refuses one more as invalid", () => {
    expect(parseJson(containers(1_000_000))).to.have.length(999_999);
    expectProtocolError(() => parseJson(containers(1_000_001)), "invalid");
  });

  it("accepts two million values and refuses one more as too costly", () => {
    const values = (count: number) => `[${"0,".repeat(count - 2)}0]`;
    expect(parseJson(values(2_000_000))).to.have.length(1_999_999);
    expectProtocolError(() => parseJson(values(2_000_001)), "too_costly");
  });

  it("counts keys as values", () => {
    const map = Array.from({ length: 1_000_000 }, (_, index) => `"${index}":0`).join(",");
    expectProtocolError(() => parseJson(`{${map}}`), "too_costly");
  });

  it("refuses texts that take more than 256 MiB of memory as too costly", () => {
    const texts = (count: number, text: string) => `[${`"${text}",`.repeat(count)}0]`;
    expect(parseJson(texts(1_900_000, ""))).to.have.length(1_900_001);
    expectProtocolError(() => parseJson(texts(1_900_000, "x".repeat(120))), "too_costly");
  });

  it("reads a trace of 100,000 samples as lists and as objects", () => {
    const trace = (sample: string) => `[${`${sample},`.repeat(99_999)}${sample}]`;
    expect(parseJson(trace("[1774000000235.25,-0.125,512]"))).to.have.length(100_000);
    expect(parseJson(trace('{"t":1774000000235.25,"x":-0.125,"y":512}'))).to.have.length(100_000);
  });

  it("accepts an integer of 10,000 digits and refuses one of 10,001 as invalid", () => {
    expect(parseJson("9".repeat(10_000))).to.be.a("bigint");
    expectProtocolError(() => parseJson("9".repeat(10_001)), "invalid");
  });

  it("counts the digits of a negative integer without its sign", () => {
    expect(parseJson(`-${"9".repeat(10_000)}`)).to.be.a("bigint");
    expectProtocolError(() => parseJson(`-${"9".repeat(10_001)}`), "invalid");
  });
});
