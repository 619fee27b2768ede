import { expect } from "chai";
import { FileBudget } from "../../migrations/pickle/budget.js";
import { interpolateConfig } from "../../migrations/support/interpolate-config.js";
import { type ValueMap, formatJson, parseJson } from "../../src/protocol/index.js";

const resolve = (config: object) =>
  JSON.parse(
    formatJson(interpolateConfig(parseJson(JSON.stringify(config)) as ValueMap, new FileBudget().allow(0))),
  ) as unknown;

describe("interpolateConfig", () => {
  const cases: [string, object, object][] = [
    ["a key of the same section", { a: { x: "1", y: "${x}2" } }, { a: { x: "1", y: "12" } }],
    ["a key of another section", { a: { x: "1" }, b: { y: "<${a:x}>" } }, { a: { x: "1" }, b: { y: "<1>" } }],
    [
      "a key that falls through to common",
      { common: { x: "1" }, a: {}, b: { y: "${x}${a:x}" } },
      { common: { x: "1" }, a: {}, b: { y: "11" } },
    ],
    [
      "a reference in what is referred to, as its own section sees it",
      { common: { x: "c" }, a: { x: "a", y: "${x}" }, b: { z: "${a:y}" } },
      { common: { x: "c" }, a: { x: "a", y: "a" }, b: { z: "a" } },
    ],
    ["keys in upper case", { a: { x: "1", y: "${X}" } }, { a: { x: "1", y: "1" } }],
    ["doubled dollars", { a: { x: "$$5 and $${y}" } }, { a: { x: "$5 and ${y}" } }],
  ];
  for (const [what, config, expected] of cases) {
    it(`resolves ${what}`, () => {
      expect(resolve(config)).to.deep.equal(expected);
    });
  }

  const kept: [string, object][] = [
    ["a key that is missing", { a: { x: "${y}" } }],
    ["a section that is missing", { common: { y: "1" }, a: { x: "${b:y}" } }],
    ["a key without a value", { a: { y: null, x: "${y}" } }],
    ["a number", { a: { y: 1, x: "${y}" } }],
    ["two colons", { a: { y: "1", x: "${a:y:z}" } }],
    ["a lone dollar", { a: { x: "5$" } }],
    ["an open brace", { a: { x: "${y" } }],
    ["itself", { a: { x: "1${x}" } }],
  ];
  for (const [what, config] of kept) {
    it(`leaves a text as it is written that refers to ${what}`, () => {
      expect(resolve(config)).to.deep.equal(config);
    });
  }

  it("leaves what is no section, and no text, as it is", () => {
    const config = { top: "${x}", a: { list: ["${x}"], x: 1 } };
    expect(resolve(config)).to.deep.equal(config);
  });

  it("ends with references that multiply", () => {
    const section = Object.fromEntries(
      Array.from({ length: 9 }, (_, index) => [
        `k${index}`,
        index === 0 ? "x".repeat(100) : `\${k${index - 1}}`.repeat(20),
      ]),
    );
    const resolved = resolve({ a: section }) as { a: Record<string, string> };
    expect(resolved.a["k1"]).to.equal("x".repeat(2000));
    expect(resolved.a["k8"]).to.equal(section["k8"]);
  });

  it("ends with a long text that is referred to many times", () => {
    const section = { long: "x".repeat(100_000), all: "${long}".repeat(1000) };
    expect(resolve({ a: section })).to.deep.equal({ a: section });
  });
});
