import { expect } from "chai";
import fc from "fast-check";
import { DerivationError, type Trial, deriveTrials } from "../../src/derivation/index.js";
import { type Value, type ValueMap, parseTaggedJson } from "../../src/protocol/index.js";
import { anyValue, outcomeName, scalar } from "../support/checks/arbitraries.js";
import { dig, readVectors } from "../support/files/vectors.js";

describe("deriveTrials", () => {
  for (const vector of readVectors("tell.json")) {
    it(`agrees with the vector: ${vector.get("name") as string}`, () => {
      const form = {
        stimuliPerTrial: vector.get("stimuli_per_trial") as number,
        outcomeNames: (vector.get("outcome_names") ?? []) as string[],
      };
      const derive = () =>
        deriveTrials(vector.get("message"), vector.get("extra_info"), form, vector.get("batch"));
      const reason = dig(vector, "expected", "underivable");
      if (reason !== undefined) {
        const thrown = expect(derive).to.throw(DerivationError);
        if (reason !== true) thrown.with.property("reason", reason);
        return;
      }
      const expected = dig(vector, "expected", "trials") as ValueMap[];
      expect(derive().map(asVector)).to.deep.equal(expected.map(expectedTrial));
    });
  }

  it("throws only its own error", () => {
    fc.assert(
      fc.property(
        anyValue,
        fc.option(anyValue, { nil: undefined }),
        fc.integer({ min: 1, max: 3 }),
        fc.boolean(),
        (tell, extra, s, batch) => {
          try {
            deriveTrials(tell, extra, { stimuliPerTrial: s, outcomeNames: [] }, batch);
          } catch (error) {
            expect(error).to.be.instanceOf(DerivationError);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("throws only DerivationError on input that resembles a tell", () => {
    const lists = fc.oneof(
      scalar,
      fc.array(scalar, { maxLength: 3 }),
      fc.array(fc.array(scalar, { maxLength: 3 }), { maxLength: 3 }),
    );
    const config = fc.oneof(
      anyValue,
      fc.array(fc.tuple(fc.string(), lists)).map((entries) => new Map<string, Value>(entries)),
    );
    fc.assert(
      fc.property(
        config,
        fc.oneof(lists, config),
        anyValue,
        fc.integer({ min: 1, max: 3 }),
        fc.boolean(),
        (c, outcome, extra, s, batch) => {
          try {
            deriveTrials(
              new Map([
                ["config", c],
                ["outcome", outcome],
              ]),
              extra,
              { stimuliPerTrial: s, outcomeNames: ["a"] },
              batch,
            );
          } catch (error) {
            expect(error).to.be.instanceOf(DerivationError);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("derives the number of trials, parameters and outcomes that the tell's shape specifies", () => {
    const shape = fc.record({
      trials: fc.integer({ min: 1, max: 6 }),
      stimuli: fc.integer({ min: 1, max: 4 }),
      params: fc.uniqueArray(outcomeName, { maxLength: 4 }),
      outcomes: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(shape, scalar, ({ trials, stimuli, params, outcomes }, value) => {
        const table = (rows: number, columns: number) =>
          Array.from({ length: rows }, () => Array.from({ length: columns }, () => value));
        const tell = new Map<string, Value>([
          ["config", new Map<string, Value>(params.map((name) => [name, table(trials, stimuli)]))],
          ["outcome", params.length > 0 ? table(trials, outcomes) : table(1, outcomes)],
        ]);
        const derived = deriveTrials(tell, undefined, { stimuliPerTrial: stimuli, outcomeNames: [] });
        expect(derived).to.have.length(params.length > 0 ? trials : 1);
        for (const trial of derived) {
          expect(trial.params).to.have.length(params.length * stimuli);
          expect(trial.outcomes).to.have.length(outcomes);
        }
      }),
    );
  });

  it("keeps an integer beyond 2^53 exactly as a parameter", () => {
    const tell = new Map<string, Value>([
      ["config", new Map([["x", 9007199254740993n]])],
      ["outcome", 1],
    ]);
    const [trial] = deriveTrials(tell, undefined, { stimuliPerTrial: 1, outcomeNames: [] });
    expect(trial?.params).to.deep.equal([{ name: "x", value: "9007199254740993", number: 9007199254740992 }]);
  });

  it("derives NaN as a missing response", () => {
    const [trial] = deriveTrials(new Map([["outcome", NaN]]), undefined, {
      stimuliPerTrial: 1,
      outcomeNames: [],
    });
    expect(trial?.outcomes).to.deep.equal([{ name: "outcome", value: null, text: null }]);
  });

  it("refuses more than 10,000 trials", () => {
    const tell = new Map<string, Value>([
      ["config", new Map([["x", Array.from({ length: 10_001 }, () => 0)]])],
      ["outcome", Array.from({ length: 10_001 }, () => 0)],
    ]);
    expect(() => deriveTrials(tell, undefined, { stimuliPerTrial: 1, outcomeNames: [] }))
      .to.throw(DerivationError)
      .with.property("reason", "too many trials");
  });
});

function asVector(trial: Trial) {
  return {
    modelData: trial.modelData,
    extraData: trial.extraData === null ? null : parseTaggedJson(trial.extraData),
    params: trial.params.map(({ name, value }) => [name, value]),
    outcomes: trial.outcomes.map(({ name, value, text }) => [name, value, text]),
  };
}

function expectedTrial(trial: ValueMap) {
  const asText = (value: Value) =>
    typeof value === "number" || typeof value === "boolean"
      ? Object.is(value, -0)
        ? "-0"
        : String(value)
      : value;
  return {
    modelData: trial.get("model_data"),
    extraData: trial.get("extra_data"),
    params: (trial.get("params") as Value[][]).map(([name, value]) => [name, asText(value!)]),
    outcomes: trial.get("outcomes"),
  };
}
