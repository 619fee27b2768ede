import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect } from "chai";
import { SetupError } from "../../src/derivation/index.js";
import { interpolate } from "../../src/derivation/interpolation.js";
import type { Value } from "../../src/protocol/index.js";

type Config = Record<string, Record<string, Value>>;

const toSections = (config: Config) =>
  new Map(Object.entries(config).map(([name, section]) => [name, new Map(Object.entries(section))]));

/** The value of one key after interpolation. */
const expand = (config: Config, section: string, key: string) =>
  interpolate(toSections(config)).get(section)?.get(key);

const common = (section: Record<string, Value>, key = "a") => expand({ common: section }, "common", key);

/** Keys k0 … kn, of which each refers to the one before it. */
function chain(length: number): Record<string, string> {
  const links = Array.from({ length }, (_, index) => [`k${index + 1}`, `\${k${index}}`] as const);
  return { k0: "end", ...Object.fromEntries(links) };
}

/** Keys k0 … kn, of which each refers so many times to the one before it. */
function multiply(text: string, times: number, length: number): Record<string, string> {
  const links = Array.from(
    { length },
    (_, index) => [`k${index + 1}`, `\${k${index}}`.repeat(times)] as const,
  );
  return { k0: text, ...Object.fromEntries(links) };
}

/** What interpolation comes to in a thread of its own, which is ended when it takes too long. */
async function interpolateElsewhere(config: Config, timeoutMs: number): Promise<string> {
  const source = `
    const { parentPort, workerData } = require("node:worker_threads");
    import(workerData.module).then(({ interpolate }) => {
      try {
        interpolate(workerData.sections);
        parentPort.postMessage("a value");
      } catch (error) {
        parentPort.postMessage(error.name);
      }
    });`;
  const module = new URL("../../src/derivation/interpolation.js", import.meta.url).href;
  const worker = new Worker(source, { eval: true, workerData: { module, sections: toSections(config) } });
  try {
    const [outcome] = (await once(worker, "message", { signal: AbortSignal.timeout(timeoutMs) })) as [string];
    return outcome;
  } catch (error) {
    if (error instanceof Error && error.name === "AbortError") return `no end after ${timeoutMs} ms`;
    throw error;
  } finally {
    await worker.terminate();
  }
}

function expectError(act: () => unknown, ...words: string[]): void {
  expect(act).to.throw(SetupError).with.property("code", "bad_setup");
  for (const word of words) expect(act).to.throw(SetupError, word);
}

describe("interpolate", () => {
  it("leaves text without $ unchanged", () => {
    expect(common({ a: "%(b)s {b} 100% \\" })).to.equal("%(b)s {b} 100% \\");
  });

  it("replaces $$ with $", () => {
    expect(common({ a: "$$" })).to.equal("$");
    expect(common({ a: "5 $$ or $$$$10" })).to.equal("5 $ or $$10");
  });

  it("does not interpolate ${…} after $$", () => {
    expect(common({ a: "$${b}", b: "x" })).to.equal("${b}");
    expect(common({ a: "$$${b}", b: "x" })).to.equal("$x");
  });

  it("replaces ${key} with the key's value in the same section", () => {
    expect(common({ a: "<${b}>", b: "x" })).to.equal("<x>");
    expect(common({ a: "${b}${b} ${c}", b: "x", c: "y" })).to.equal("xx y");
  });

  it("finds keys regardless of case", () => {
    expect(common({ a: "${B}", b: "x" })).to.equal("x");
    expect(expand({ common: {}, s: { b: "x" }, t: { a: "${s:B}" } }, "t", "a")).to.equal("x");
  });

  it("falls through to [common]", () => {
    expect(expand({ common: { b: "x" }, s: { a: "${b}" } }, "s", "a")).to.equal("x");
  });

  it("prefers a section's own key to that of [common]", () => {
    expect(expand({ common: { b: "x" }, s: { a: "${b}", b: "y" } }, "s", "a")).to.equal("y");
  });

  it("does not fall through if the section has the key without a value", () => {
    expectError(() => expand({ common: { b: "x" }, s: { a: "${b}", b: null } }, "s", "a"), "[s] a", "${b}");
  });

  it("replaces ${section:key} with the key's value in that section", () => {
    expect(expand({ common: { b: "x" }, s: { b: "y" }, t: { a: "${s:b}-${common:b}" } }, "t", "a")).to.equal(
      "y-x",
    );
  });

  it("falls through to [common] from the referenced section", () => {
    expect(expand({ common: { b: "x" }, s: {}, t: { a: "${s:b}", b: "z" } }, "t", "a")).to.equal("x");
  });

  it("resolves a reference in the section that its value came from", () => {
    const config = { common: { b: "${c}", c: "common" }, s: { c: "s" }, t: { a: "${s:b}", c: "t" } };
    expect(expand(config, "t", "a")).to.equal("s");
  });

  it("resolves references in a referenced value", () => {
    expect(common({ a: "${b}", b: "${c}$$", c: "x" })).to.equal("x$");
  });

  it("does not interpolate the result of $$", () => {
    expect(common({ a: "${b}", b: "$${c}", c: "x" })).to.equal("${c}");
  });

  it("expands an empty value to nothing", () => {
    expect(common({ a: "<${b}>", b: "" })).to.equal("<>");
  });

  it("expands values over several lines", () => {
    expect(common({ a: "1\n${b}", b: "2\n3" })).to.equal("1\n2\n3");
  });

  it("leaves values that are not strings unchanged", () => {
    const section = {
      a: 1,
      b: null,
      c: ["$", "${x}"],
      d: new Map([["e", "${x}"]]),
      f: 9007199254740993n,
      g: false,
    };
    expect(interpolate(toSections({ common: section })).get("common")).to.deep.equal(
      new Map(Object.entries(section)),
    );
  });

  it("inserts a value that is not a string into the text that references it", () => {
    const values = { n: 0.5, z: -0, i: 9007199254740993n, t: true, l: [1, "x"] };
    expect(common({ a: "${n} ${z} ${i} ${t} ${l}", ...values })).to.equal(
      '0.5 -0 9007199254740993 true [1,"x"]',
    );
  });

  it("treats built-in JavaScript names as ordinary keys", () => {
    expect(common({ a: "${constructor}", constructor: "x" })).to.equal("x");
    expectError(() => common({ a: "${constructor}" }), "${constructor}");
    expectError(() => common({ a: "${__proto__:b}" }), "${__proto__:b}");
  });

  it("does not modify its input, and keeps the order of sections", () => {
    const sections = toSections({ common: { b: "${a}", a: "x" }, s: { "10": "${b}", c: "y" } });
    const before = structuredClone(sections);
    const expanded = interpolate(sections);
    expect(sections).to.deep.equal(before);
    expect([...expanded.keys()]).to.deep.equal(["common", "s"]);
    expect([...(expanded.get("common") ?? [])]).to.deep.equal([
      ["b", "x"],
      ["a", "x"],
    ]);
  });

  for (const text of ["$", "5 $", "$ 5", "$a", "$(a)", "${", "${b", "${}", "$$$"]) {
    it(`refuses ${text}`, () => {
      expectError(() => common({ a: text, b: "x" }), "[common] a", "$$");
    });
  }

  for (const reference of ["c", "s:b", "common:c", ":b", "b:", " b", "s:"]) {
    it(`refuses the unknown reference \${${reference}}`, () => {
      expectError(
        () => common({ a: `\${${reference}}`, b: "x" }),
        "[common] a",
        `\${${reference}}`,
        "no value",
      );
    });
  }

  it("refuses a reference with more than one colon", () => {
    expectError(() => common({ a: "${common:b:c}", b: "x" }), "colon");
  });

  it("refuses a reference to a key without a value", () => {
    expectError(() => common({ a: "${b}", b: null }), "${b}");
  });

  it("names the section and key of the error", () => {
    expectError(() => expand({ common: {}, s: { a: "x", b: "${c}" } }, "s", "a"), "[s] b");
  });

  it("follows references through ten values and refuses more", () => {
    expect(common(chain(10), "k10")).to.equal("end");
    expectError(() => common(chain(11), "k11"), "10 references");
  });

  it("refuses circular references", () => {
    expectError(() => common({ a: "${a}" }), "itself");
    expectError(() => common({ a: "${b}", b: "${a}" }), "itself");
    expectError(() => common({ a: "${b}", b: "<${a}>" }), "itself");
  });

  it("refuses references that multiply beyond 16 million characters", () => {
    const text = "x".repeat(100_000);
    expectError(() => common(multiply(text, 10, 4)), "beyond 16777216 characters");
    expect(common(multiply(text, 10, 2), "k2")).to.have.length(10_000_000);
  });

  for (const [name, text] of [
    ["to nothing", ""],
    ["to short texts", "x"],
  ] as const) {
    it(`quickly refuses references that multiply ${name} without limit`, async () => {
      expect(await interpolateElsewhere({ common: multiply(text, 20, 9) }, 3000)).to.equal("SetupError");
    });
  }
});
