import { expect } from "chai";
import fc from "fast-check";
import { Labels } from "../../src/export/labels.js";

describe("Labels", () => {
  it("are the names if these are valid labels", () => {
    const labels = new Labels();
    for (const name of ["P01", "7", "abcDEF"]) expect(labels.get(name)).to.equal(name);
  });

  it("are the letters and digits of a name", () => {
    const labels = new Labels();
    expect(labels.get("participant 12 (pilot)")).to.equal("participant12pilot");
    expect(labels.get("Zoë")).to.equal("Zoe");
    expect(labels.get("../../etc/passwd")).to.equal("etcpasswd");
  });

  it("are distinct if names differ only in case or in omitted characters", () => {
    const labels = new Labels(["P1", "p1", "p-1", "P1"]);
    expect(labels.get("P1")).to.equal("P1");
    expect(labels.get("p1")).to.match(/^p1[0-9a-f]{8}$/);
    expect(labels.get("p-1"))
      .to.match(/^p1[0-9a-f]{8}$/)
      .and.not.to.equal(labels.get("p1"));
  });

  it("do not change when later names are added", () => {
    const short = new Labels(["a b", "ab"]);
    const long = new Labels(["a b", "ab", "A-B", "aB"]);
    for (const name of ["a b", "ab"]) expect(long.get(name)).to.equal(short.get(name));
  });

  it("are short, alphanumeric and distinct ignoring case, for any names", () => {
    const name = fc.oneof(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc.string({ unit: fc.constantFrom("a", "A", "b", ".", "/", "\0", "\n", " ", "é"), maxLength: 6 }),
    );
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 40 }), (names) => {
        const labels = new Labels();
        const given = names.map((one) => labels.get(one));
        expect(given.every((label) => /^[0-9A-Za-z]{1,104}$/.test(label))).to.equal(true);
        expect(new Set(given.map((label) => label.toLowerCase())).size).to.equal(names.length);
        expect(names.map((one) => labels.get(one))).to.deep.equal(given);
      }),
    );
  });
});
