import { expect } from "chai";
import fc from "fast-check";
import stringWidth from "string-width";
import { fitWidths, formatTable } from "../../../src/cli/output/table.js";
import type { Value } from "../../../src/protocol/index.js";
import { collect } from "../../support/checks/collect.js";
import { useZone } from "../../support/checks/use-zone.js";

async function layOut(
  headings: readonly string[],
  rows: readonly (readonly Value[])[],
  width = 40,
): Promise<string[]> {
  const listing = { headings, rows, cellsOf: (row: readonly Value[]) => row, valueOf: () => null };
  return (await collect(formatTable(listing, width))).join("").split("\n");
}

describe("formatTable", () => {
  useZone("Europe/Berlin");

  it("aligns columns under their headings", async () => {
    expect(
      await layOut(
        ["a", "b"],
        [
          ["long", 1],
          [null, true],
        ],
      ),
    ).to.deep.equal(["a     b", "long  1", "      true", ""]);
  });

  it("cuts off texts that do not fit, wide characters whole", async () => {
    const [, one, two] = await layOut(["text"], [["字".repeat(30)], ["x".repeat(50)]], 10);
    expect([one, two]).to.deep.equal(["字字字字…", "xxxxxxxxx…"]);
  });

  const cut: [string, string, string][] = [
    // As many UTF-16 units as columns, but not one unit per column.
    ["pairs of a wide and a long character", "⺀\u{10000}".repeat(5), `${"⺀\u{10000}".repeat(3)}⺀…`],
    [
      "wide and combined characters",
      " \u304b\u3099\u{10000}⺀⺀A\u0302\u0301  \u{10000} ",
      " \u304b\u3099\u{10000}⺀⺀A\u0302\u0301  …",
    ],
    ["recent emoji", "🫠🫠🫠🫠🫠🫠🫠", "🫠🫠🫠🫠🫠…"],
    ["wide letters of recent scripts", "\u{17000}".repeat(7), `${"\u{17000}".repeat(5)}…`],
  ];
  for (const [what, text, expected] of cut) {
    it(`cuts off ${what} at the width that a terminal gives them`, async () => {
      const [, line = ""] = await layOut(["text"], [[text]], 12);
      expect(line).to.equal(expected);
      expect(stringWidth(line)).to.be.at.most(12);
    });
  }

  it("rounds numbers and shortens times, and cuts neither off", async () => {
    const lines = await layOut(
      ["text", "number", "count", "time"],
      [["x".repeat(60), 1 / 3, 123456789, "2026-01-31T12:00:00.123Z"]],
      60,
    );
    expect(lines[1]).to.match(/^x+… {2}0\.333333 {2}123456789 {2}2026-01-31T13:00:00\+01:00$/);
  });

  it("leaves a time without a zone as AEPsych wrote it", async () => {
    const [, line] = await layOut(["time"], [["2026-01-31T12:00:00.123456"]]);
    expect(line).to.equal("2026-01-31T12:00:00");
  });

  it("escapes control characters", async () => {
    const [, line] = await layOut(["text"], [["\u001b[2J\n\t\u202e\u0085"]]);
    expect(line).to.equal("\\u001b[2J\\n\\t\\u202e\\u0085");
  });

  it("starts each page with the headings", async () => {
    const lines = await layOut(
      ["n"],
      Array.from({ length: 201 }, (_, n) => [n]),
    );
    expect(lines.filter((line) => line === "n")).to.have.length(2);
    expect(lines.slice(-4)).to.deep.equal(["", "n", "200", ""]);
  });
});

describe("fitWidths", () => {
  it("never exceeds the width, and shows every column that fits", () => {
    const column = fc
      .tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 12 }))
      .map(([natural, least]) => ({ natural: Math.max(natural, least), least }));
    fc.assert(
      fc.property(
        fc.array(column, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 12, max: 120 }),
        (columns, width) => {
          const widths = fitWidths(columns, width);
          const total = (all: readonly number[]) => all.reduce((sum, one) => sum + one + 2, -2);
          expect(total(widths)).to.be.at.most(width);
          const next = columns.slice(0, widths.length + 1).map(({ least }) => least);
          if (widths.length < columns.length) expect(total(next)).to.be.greaterThan(width);
          if (total(columns.map(({ natural }) => natural)) <= width) {
            expect(widths).to.deep.equal(columns.map(({ natural }) => natural));
          }
        },
      ),
    );
  });

  it("keeps lines within the width for any text", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: "grapheme", maxLength: 40 }), { minLength: 1 }),
        async (texts) => {
          for (const line of await layOut(
            ["text", "again"],
            texts.map((text) => [text, text]),
            30,
          ))
            expect(stringWidth(line)).to.be.at.most(30);
        },
      ),
      { numRuns: 50 },
    );
  });
});
