import { expect } from "chai";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import type { Cell } from "../../src/export/cell.js";
import { formatRows } from "../../src/export/table-text.js";

const read = (text: string, delimiter: string) => parse(text, { delimiter });

describe("formatRows", () => {
  it("quotes a lone carriage return, which many readers take for a line end", () => {
    expect(formatRows([["a\rb", "c"]], { delimiter: ",", isRaw: true })).to.equal('"a\rb",c\n');
  });

  it("has no ' before a text that is a number, nor before a lone sign", () => {
    const harmless = [
      "-0.5",
      "-12.5",
      "+1",
      "-.5e-10",
      "-0,5",
      "-1.",
      "+1e5",
      "-",
      "+",
      "=",
      "@",
      "＝",
      "－",
    ];
    const formulas = [
      "--",
      "-x",
      "-1-1",
      "+1+cmd",
      "=1",
      "-1,5,5",
      "-Infinity",
      "\t",
      "\r",
      "-0x1",
      "@a",
      "＝1",
    ];
    const cells = read(formatRows([[...harmless, ...formulas]], { delimiter: "\t" }), "\t").flat();
    expect(cells).to.deep.equal([...harmless, ...formulas.map((text) => `'${text}`)]);
  });

  const cell: fc.Arbitrary<Cell> = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: fc.constantFrom("a", ",", "\t", "\n", "\r", '"', "'", "=", "-", " ", "\0") }),
    fc.double({ noNaN: true }),
    fc.bigInt(),
    fc.constant(null),
  );
  const table = fc
    .integer({ min: 2, max: 5 })
    .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1 }));
  const harmless = /^(?:[=+\-@＝＋－＠]|[+-][\d.,]*\d[\d.]*(?:e[+-]?\d+)?)$/i;
  const asText = (one: Cell) => (one === null ? "" : Object.is(one, -0) ? "-0" : String(one));

  for (const [name, delimiter] of [
    ["CSV", ","],
    ["TSV", "\t"],
  ] as const) {
    it(`is read back from ${name} unchanged, with any texts`, () => {
      fc.assert(
        fc.property(table, (rows) => {
          const text = formatRows(rows, { delimiter, isRaw: true });
          expect(read(text, delimiter)).to.deep.equal(rows.map((row) => row.map(asText)));
        }),
      );
    });

    it(`has no formula in ${name}, and every number unchanged`, () => {
      fc.assert(
        fc.property(table, (rows) => {
          const cells = read(formatRows(rows, { delimiter, isRaw: false }), delimiter).flat();
          for (const [index, one] of rows.flat().entries()) {
            if (typeof one !== "string") expect(cells[index]).to.equal(asText(one));
            else if (/^[=+\-@\t\r＝＋－＠]/.test(one) && !harmless.test(one))
              expect(cells[index]).to.equal(`'${one}`);
            else expect(cells[index]).to.equal(one);
          }
        }),
      );
    });
  }
});
