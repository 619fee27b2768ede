import { expect } from "chai";
import fc from "fast-check";
import { SetupError } from "../../src/derivation/index.js";
import { parseIni } from "../../src/derivation/ini.js";

/** The sections of a config as plain lists, so that order counts. */
function parse(text: string): [string, [string, unknown][]][] {
  return [...parseIni(text)].map(([name, section]) => [name, [...section]]);
}

/** The keys of [common], where that is the only section. */
function parseCommon(lines: string): [string, unknown][] {
  const sections = parse(`[common]\n${lines}`);
  expect(sections).to.have.length(1);
  return sections[0]![1];
}

function expectError(text: string, ...words: string[]): void {
  expect(() => parseIni(text))
    .to.throw(SetupError)
    .with.property("code", "bad_setup");
  for (const word of words) expect(() => parseIni(text)).to.throw(SetupError, word);
}

describe("parseIni", () => {
  it("keeps sections and keys in their order, [common] first", () => {
    expect(parse("[b]\nz = 1\n10 = 2\na = 3\n[common]\nk = 4\n[a]\n")).to.deep.equal([
      ["common", [["k", "4"]]],
      [
        "b",
        [
          ["z", "1"],
          ["10", "2"],
          ["a", "3"],
        ],
      ],
      ["a", []],
    ]);
  });

  it("returns an empty [common] for text without sections", () => {
    expect(parse("")).to.deep.equal([["common", []]]);
    expect(parse("\n# nothing\n ; here\n")).to.deep.equal([["common", []]]);
  });

  it("treats built-in JavaScript names as ordinary keys and sections", () => {
    expect(parse("[__proto__]\nconstructor = 1\n__proto__ = 2")).to.deep.equal([
      ["common", []],
      [
        "__proto__",
        [
          ["constructor", "1"],
          ["__proto__", "2"],
        ],
      ],
    ]);
  });

  it("merges a repeated [common]", () => {
    expect(parse("[common]\na = 1\n[s]\nb = 2\n[common]\nc = 3")).to.deep.equal([
      [
        "common",
        [
          ["a", "1"],
          ["c", "3"],
        ],
      ],
      ["s", [["b", "2"]]],
    ]);
  });

  it("refuses a key that occurs in both parts of [common]", () => {
    expectError("[common]\na = 1\n[common]\na = 1", "line 4", "`a`");
  });

  it("refuses any other repeated section", () => {
    expectError("[s]\na = 1\n\n[s]\nb = 1", "line 4", "[s]");
  });

  it("refuses a repeated key, regardless of case", () => {
    expectError("[common]\na = 1\nA = 1", "line 3", "`a`");
  });

  it("accepts the same key in two sections", () => {
    expect(parse("[common]\na = 1\n[s]\na = 2")).to.have.length(2);
  });

  it("distinguishes sections by case and spaces", () => {
    expect(parse("[S]\n[s]\n[ s ]").map(([name]) => name)).to.deep.equal(["common", "S", "s", " s "]);
  });

  it("reads a section's name up to the last bracket of its line", () => {
    expect(parse("[a] junk\n[b]]\n[[c]").map(([name]) => name)).to.deep.equal(["common", "a", "b]", "[c"]);
  });

  it("reads a line with an unclosed bracket as a key", () => {
    expect(parseCommon("[a\n[]")).to.deep.equal([
      ["[a", null],
      ["[]", null],
    ]);
  });

  it("refuses a key before any section", () => {
    expectError("\n\na = 1\n[common]", "line 3", "a = 1", "[common]");
  });

  for (const line of ["= 1", ": 1", " = 1"]) {
    it(`refuses the line ${JSON.stringify(line)}, which has no key`, () => {
      expectError(`[common]\n${line}`, "line 2");
    });
  }

  it("counts lines with comments, empty lines and lines of a value", () => {
    expectError("# one\n\n[common]\na = 1\n  2\n  3\n; seven\na = 4", "line 8");
  });

  it("counts lines that end with CR LF", () => {
    expectError("[common]\r\na = 1\r\na = 2\r\n", "line 3");
  });

  it("splits at the first = or :", () => {
    expect(parseCommon("a = b : c\nd : e = f\ng=:h\ni:=j")).to.deep.equal([
      ["a", "b : c"],
      ["d", "e = f"],
      ["g", ":h"],
      ["i", "=j"],
    ]);
  });

  it("distinguishes a key without a value from a key with an empty value", () => {
    expect(parseCommon("a\nb =\nc:\nd = # e")).to.deep.equal([
      ["a", null],
      ["b", ""],
      ["c", ""],
      ["d", ""],
    ]);
  });

  it("converts keys to lower case and keeps spaces inside them", () => {
    expect(parseCommon("Par  Names = X Y\nÄÖ = Ü")).to.deep.equal([
      ["par  names", "X Y"],
      ["äö", "Ü"],
    ]);
  });

  it("begins an inline comment only at a # after a space", () => {
    expect(
      parseCommon("a = 1#2\nb = 1 #2\nc = 1\t# 2\nd = x#y #z\ne = 1 ; 2\n#f = 1\n  ; g = 1"),
    ).to.deep.equal([
      ["a", "1#2"],
      ["b", "1"],
      ["c", "1"],
      ["d", "x#y"],
      ["e", "1 ; 2"],
    ]);
  });

  it("joins the indented lines of a value with line feeds, without their indentation", () => {
    expect(parseCommon("a = 1\n   2 = 3 \n\t[x]\nb = 4")).to.deep.equal([
      ["a", "1\n2 = 3\n[x]"],
      ["b", "4"],
    ]);
  });

  it("begins a value on the line after its key", () => {
    expect(parseCommon("a =\n  1\n  2")).to.deep.equal([["a", "\n1\n2"]]);
  });

  it("ends a value at an empty line", () => {
    expect(parseCommon("a = 1\n\n  b = 2")).to.deep.equal([
      ["a", "1"],
      ["b", "2"],
    ]);
  });

  it("ends a value at a comment line", () => {
    expect(parseCommon("a = 1\n  # x\n  b = 2\n    # y\n    3")).to.deep.equal([
      ["a", "1"],
      ["b", "2"],
      ["3", null],
    ]);
  });

  it("compares the indentation of a value's lines with that of its key", () => {
    expect(parseCommon("  a = 1\n  b = 2\n   3\n c = 4")).to.deep.equal([
      ["a", "1"],
      ["b", "2\n3"],
      ["c", "4"],
    ]);
  });

  it("does not take an indented line after a section's name as part of a value", () => {
    expect(parse("[common]\na = 1\n[s]\n  b = 2")).to.deep.equal([
      ["common", [["a", "1"]]],
      ["s", [["b", "2"]]],
    ]);
  });

  it("refuses a continuation line without a value to continue", () => {
    expectError("[common]\na\n  b", "line 3", "`a`", "`b`");
  });

  it("strips the white space that Python strips", () => {
    const blanks =
      "\t\u000b\f\u001c\u001d\u001e\u001f \u0085\u00a0\u1680\u2003\u2028\u2029\u202f\u205f\u3000\r";
    expect(parseCommon(`a${blanks}=${blanks}1${blanks}`)).to.deep.equal([["a", "1"]]);
  });

  it("keeps white space that only JavaScript strips", () => {
    expect(parseCommon("a = \ufeff1\ufeff")).to.deep.equal([["a", "\ufeff1\ufeff"]]);
  });

  it("breaks lines at line feeds only", () => {
    expect(parseCommon("a = 1\rb = 2\u2028c = 3\u0085d = 4")).to.deep.equal([
      ["a", "1\rb = 2\u2028c = 3\u0085d = 4"],
    ]);
  });

  it("reads any plain config written as text", () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/);
    const value = fc.stringMatching(/^[A-Za-z0-9[\],.%$-]{1,12}$/);
    const section = fc.uniqueArray(fc.tuple(word, fc.option(value)), {
      selector: ([key]) => key,
      maxLength: 5,
    });
    const config = fc.uniqueArray(fc.tuple(word, section), { selector: ([name]) => name, maxLength: 5 });
    const style = fc.record({
      delimiter: fc.constantFrom("=", ":", " = ", "\t:  "),
      ending: fc.constantFrom("\n", "\r\n", "\n\n", " # comment\n", "\n; comment\n"),
    });
    fc.assert(
      fc.property(config, style, (sections, { delimiter, ending }) => {
        const lines = sections.flatMap(([name, entries]) => [
          `[${name}]`,
          ...entries.map(([key, text]) => (text === null ? key : `${key}${delimiter}${text}`)),
        ]);
        const expected = sections.some(([name]) => name === "common")
          ? sections
          : [["common", []] as (typeof sections)[number], ...sections];
        expect(new Map(parse(lines.map((line) => line + ending).join("")))).to.deep.equal(new Map(expected));
      }),
    );
  });

  it("throws only its own error, which names a line", () => {
    const parts = fc.constantFrom(
      "[",
      "]",
      "[a]",
      "[common]",
      "\n",
      " ",
      "=",
      ":",
      "#",
      ";",
      "a",
      "B",
      "\t",
      "\r",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(parts).map((list) => list.join("")),
          fc.string({ unit: "binary" }),
        ),
        (text) => {
          try {
            parseIni(text);
          } catch (error) {
            expect(error).to.be.instanceOf(SetupError);
            expect((error as SetupError).message).to.match(/line [1-9][0-9]* of the config/);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
