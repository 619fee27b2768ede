import { expect } from "chai";
import fc from "fast-check";
import { SetupError, deriveSetup } from "../../src/derivation/index.js";
import type { Value, ValueMap } from "../../src/protocol/index.js";
import { anyValue } from "../support/checks/arbitraries.js";
import { dig, readVectors } from "../support/files/vectors.js";

const setup = (text: string, metadata?: Value) => deriveSetup(new Map([["config_str", text]]), metadata);

describe("deriveSetup", () => {
  for (const vector of readVectors("setup.json")) {
    it(`agrees with the vector: ${vector.get("name") as string}`, () => {
      const derive = () => deriveSetup(vector.get("message"), undefined);
      const expected = vector.get("expected") as ValueMap;
      if (expected.has("error")) {
        expect(derive).to.throw(SetupError);
        return;
      }
      const fields = derive();
      expect(fields.sections).to.deep.equal(expected.get("sections"));
      expect(fields.experimentName).to.equal(dig(expected, "metadata", "experiment_name"));
      expect(fields.experimentDescription).to.equal(dig(expected, "metadata", "experiment_description"));
      expect(fields.experimentId).to.equal(dig(expected, "metadata", "experiment_id"));
      expect(fields.participantId).to.equal(dig(expected, "metadata", "participant_id"));
      expect(fields.extraMetadata).to.deep.equal(dig(expected, "metadata", "extra"));
    });
  }

  it("throws only its own error", () => {
    const message = fc.oneof(
      anyValue,
      fc.string({ unit: "binary" }).map((text): Value => new Map([["config_str", text]])),
      fc
        .array(
          fc.constantFrom("[", "]", "common", "\n", " ", "=", ":", "#", ";", "$", "${", "}", "a", "$$", "\t"),
        )
        .map((parts): Value => new Map([["config_str", parts.join("")]])),
      anyValue.map((value): Value => new Map([["config_dict", value]])),
      anyValue.map((value): Value => new Map([["config_dict", new Map([["common", value]])]])),
    );
    fc.assert(
      fc.property(message, fc.option(anyValue, { nil: undefined }), (value, metadata) => {
        try {
          deriveSetup(value, metadata);
        } catch (error) {
          expect(error).to.be.instanceOf(SetupError);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it("reads the plain form", () => {
    const fields = deriveSetup(
      new Map<string, Value>([
        ["experiment_name", "plain"],
        ["participant_id", 17],
        ["extra_metadata", new Map([["room", "B12"]])],
        ["config", new Map<string, Value>([["common", new Map<string, Value>([["stimuli_per_trial", 2]])]])],
      ]),
      undefined,
    );
    expect(fields).to.include({ experimentName: "plain", participantId: "17", experimentId: null });
    expect(fields.extraMetadata).to.deep.equal(new Map([["room", "B12"]]));
    expect(fields.trialForm.stimuliPerTrial).to.equal(2);
  });

  it("keeps values of a config_dict that are not strings", () => {
    const config = new Map<string, Value>([
      [
        "common",
        new Map<string, Value>([
          ["Lb", [0, 0.5]],
          ["flag", true],
        ]),
      ],
    ]);
    const { sections } = deriveSetup(new Map([["config_dict", config]]), undefined);
    expect(sections.get("common")).to.deep.equal(
      new Map<string, Value>([
        ["lb", [0, 0.5]],
        ["flag", true],
      ]),
    );
  });

  it("adds keys that [metadata] lacks from the envelope's metadata", () => {
    const outer = new Map<string, Value>([
      ["participant_id", "outer"],
      ["experiment_name", "outer"],
      ["eye", "left"],
    ]);
    const fields = setup("[metadata]\nexperiment_name = inner", outer);
    expect(fields).to.include({ experimentName: "inner", participantId: "outer" });
    expect(fields.extraMetadata).to.deep.equal(new Map([["eye", "left"]]));
  });

  it("reads outcome names as a list", () => {
    expect(setup("[common]\noutcome_names = [correct, 'rt']").trialForm.outcomeNames).to.deep.equal([
      "correct",
      "rt",
    ]);
  });

  it("reads outcome names that end in a comma", () => {
    for (const text of ["[det, rt,]", "det, rt,", "[det, rt, ]"])
      expect(setup(`[common]\noutcome_names = ${text}`).trialForm.outcomeNames).to.deep.equal(["det", "rt"]);
    expect(setup("[common]\noutcome_names = []").trialForm.outcomeNames).to.deep.equal([]);
  });

  it("warns of outcome names whose number is not that of the outcome types", () => {
    const warningsOf = (names: string, types: string) =>
      setup(`[common]\noutcome_names = ${names}\noutcome_types = ${types}`).warnings;
    expect(warningsOf("[det, rt,]", "[binary, continuous,]")).to.deep.equal([]);
    expect(warningsOf("[det, rt, eye]", "[binary, continuous]")).to.have.length(1);
    expect(setup("[common]\noutcome_names = [det, rt]").warnings).to.deep.equal([]);
  });

  it("reads a config that begins with a byte order mark", () => {
    expect(setup("\uFEFF[common]\nparnames = [x]").sections.get("common")?.get("parnames")).to.equal("[x]");
    expect(() => setup("\uFEFF\uFEFF[common]")).to.throw(SetupError);
  });

  it("takes two stimuli per trial from an old pairwise outcome type", () => {
    const stimuliOf = (text: string) => setup(`[common]\n${text}`).trialForm.stimuliPerTrial;
    expect(stimuliOf("outcome_type = pairwise_probit")).to.equal(2);
    expect(stimuliOf("outcome_type = pairwise_binary\nstimuli_per_trial = 1")).to.equal(1);
    expect(stimuliOf("outcome_type = single_probit")).to.equal(1);
  });

  for (const value of ["0", "-1", "1.5", "two", "[2]", ""]) {
    it(`refuses ${value || "nothing"} as stimuli_per_trial`, () => {
      expect(() => setup(`[common]\nstimuli_per_trial = ${value}`)).to.throw(SetupError, "stimuli_per_trial");
    });
  }

  it("refuses a message without a known key", () => {
    expect(() => deriveSetup(new Map([["configstr", ""]]), undefined)).to.throw(SetupError, "config_str");
  });

  it("refuses references that multiply without limit", () => {
    const doubled = Array.from({ length: 10 }, (_, i) => `k${i + 1} = ${`\${k${i}}`.repeat(20)}`).join("\n");
    expect(() => setup(`[common]\nk0 = ${"x".repeat(10_000)}\n${doubled}`)).to.throw(
      SetupError,
      "beyond 16777216 characters",
    );
  });

  it("refuses a reference to itself", () => {
    expect(() => setup("[common]\na = ${a}")).to.throw(SetupError, "itself");
  });

  it("interpolates what [metadata] takes from [common] with the keys of [metadata]", () => {
    const fields = setup("[common]\nexperiment_name = in ${room}\nroom = A\n[metadata]\nroom = B");
    expect(fields.experimentName).to.equal("in B");
  });

  it("treats a standard key without a value as absent, whatever [common] has", () => {
    const fields = setup("[common]\nparticipant_id = P1\n[metadata]\nparticipant_id");
    expect(fields.participantId).to.equal(null);
  });

  it("quotes only a short part of a config", () => {
    for (const text of [
      `${"x".repeat(1e6)} = 1`,
      `[common]\na = $\{${"x".repeat(1e6)}}`,
      `[common]\nstimuli_per_trial = ${"x".repeat(1e6)}`,
    ]) {
      expect(() => setup(text))
        .to.throw(SetupError)
        .with.property("message")
        .with.length.below(300);
    }
  });

  it("gives the line of an error in a config", () => {
    expect(() => setup("[common]\na = 1\na = 2")).to.throw(SetupError, "line 3");
  });
});
