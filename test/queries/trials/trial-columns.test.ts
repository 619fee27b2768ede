import { expect } from "chai";
import fc from "fast-check";
import { type TrialColumnKind, TrialNames, nameColumns } from "../../../src/queries/trials/trial-columns.js";
import { formatCell, trialHeadings, widenTrial } from "../../../src/queries/index.js";
import { Timestamp, type Value } from "../../../src/protocol/index.js";
import type { Trial } from "../../../src/queries/index.js";

const parameter = (name: string) => ({ kind: "parameter" as const, name });
const outcome = (name: string) => ({ kind: "outcome" as const, name });
const extraData = (name: string | null) => ({ kind: "extra_data" as const, name });

const headingsOf = (columns: Parameters<typeof nameColumns>[0]) =>
  nameColumns(columns, trialHeadings).map(({ heading }) => heading);

const trialOf = (
  parameters: Record<string, number>,
  outcomes: Record<string, number | null> = {},
  extra_data: Value = null,
): Trial => ({
  trial: 1,
  seq: 2,
  timestamp: "2026-01-31T12:00:00.000Z",
  occurred_at: null,
  clock_uncertainty_ms: null,
  model_data: true,
  parameters: new Map(Object.entries(parameters)),
  outcomes: new Map(Object.entries(outcomes)),
  extra_data,
});

describe("nameColumns", () => {
  it("keeps names that are free", () => {
    expect(headingsOf([parameter("x"), outcome("y"), extraData("rt")])).to.deep.equal(["x", "y", "rt"]);
  });

  it("puts the kind in front of a name that an own column has, ignoring case", () => {
    expect(headingsOf([parameter("trial"), outcome("SEQ"), extraData("timestamp")])).to.deep.equal([
      "parameter_trial",
      "outcome_SEQ",
      "extra_data_timestamp",
    ]);
  });

  it("puts the kind in front of a name that an earlier column has, ignoring case", () => {
    expect(headingsOf([parameter("x"), parameter("X"), outcome("x"), extraData("x")])).to.deep.equal([
      "x",
      "parameter_X",
      "outcome_x",
      "extra_data_x",
    ]);
  });

  it("appends a number if the name with its kind is taken too", () => {
    const columns = [parameter("parameter_x"), parameter("x"), parameter("X"), parameter("PARAMETER_X_2")];
    expect(headingsOf(columns)).to.deep.equal([
      "parameter_x",
      "x",
      "parameter_X_2",
      "parameter_PARAMETER_X_2",
    ]);
  });

  it("uses the kind as the heading of an empty name", () => {
    expect(headingsOf([parameter(""), outcome(""), extraData(""), extraData(null)])).to.deep.equal([
      "parameter",
      "outcome",
      "extra_data",
      "extra_data_2",
    ]);
  });

  it("gives every column a unique heading, for any names", () => {
    const names = fc.constantFrom(
      "",
      "x",
      "X",
      "x_2",
      "trial",
      "parameter_x",
      "parameter",
      "extra_data",
      "__proto__",
    );
    const kinds = fc.constantFrom<TrialColumnKind[]>("parameter", "outcome", "extra_data");
    const columns = fc.uniqueArray(fc.record({ kind: kinds, name: fc.oneof(names, fc.string()) }), {
      selector: ({ kind, name }) => `${kind} ${name}`,
    });
    fc.assert(
      fc.property(columns, (chosen) => {
        const headings = [...trialHeadings, ...headingsOf(chosen)].map((heading) => heading.toLowerCase());
        expect(new Set(headings).size).to.equal(headings.length);
      }),
    );
  });
});

describe("TrialNames", () => {
  it("lists parameters, outcomes and extra data, each in order of first appearance", () => {
    const names = new TrialNames();
    names.add(trialOf({ b: 1 }, { y: 1 }, new Map([["rt", 1]])));
    names.add(trialOf({ a: 1, b: 1 }, { z: 1, y: 1 }, ["no map"]));
    expect(names.list()).to.deep.equal([
      parameter("b"),
      parameter("a"),
      outcome("y"),
      outcome("z"),
      extraData("rt"),
      extraData(null),
    ]);
  });
});

describe("widenTrial", () => {
  it("returns one cell per column, null if the trial has nothing of that name", () => {
    const columns = nameColumns(
      [parameter("x"), parameter("z"), outcome("x"), outcome("y"), extraData("rt"), extraData(null)],
      trialHeadings,
    );
    expect(widenTrial(trialOf({ x: 1 }, { x: 2, y: null }, new Map([["rt", 0.4]])), columns)).to.deep.equal([
      1,
      2,
      "2026-01-31T12:00:00.000Z",
      null,
      null,
      true,
      1,
      null,
      2,
      null,
      0.4,
      null,
    ]);
    expect(widenTrial(trialOf({}, {}, "free"), columns).slice(trialHeadings.length)).to.deep.equal([
      null,
      null,
      null,
      null,
      null,
      "free",
    ]);
  });
});

describe("formatCell", () => {
  const cases: [Value, string | null][] = [
    [null, null],
    ["", ""],
    ['a\tb\r\n"c"', 'a\tb\r\n"c"'],
    [0.1, "0.1"],
    [-0, "-0"],
    [1e300, "1e+300"],
    [-Infinity, "-Infinity"],
    [12345678901234567890n, "12345678901234567890"],
    [true, "true"],
    [[1, null, "x"], '[1,null,"x"]'],
    [new Map([["a", NaN]]), '{"a":{"$number":"NaN"}}'],
    [new Timestamp(0, 5), "1970-01-01T00:00:00.000000005Z"],
    [new Uint8Array([1, 2]), '{"$bytes":"AQI="}'],
  ];
  for (const [value, text] of cases) {
    it(`returns ${JSON.stringify(text)}`, () => {
      expect(formatCell(value)).to.equal(text);
    });
  }
});
