import { readFileSync } from "node:fs";
import { expect } from "chai";
import { PickleError, readPickle } from "../../../migrations/pickle/read-pickle.js";
import { formatJson } from "../../../src/protocol/index.js";
import { fixture } from "../../support/files/vectors.js";

/** Made by test/support/files/make-torch-pickles.py. */
const cases = JSON.parse(readFileSync(fixture("torch-pickles.json"), "utf8")) as {
  readonly name: string;
  readonly pickle: string;
  /** What the tensors hold; undefined if they are to be refused. */
  readonly value?: unknown;
}[];

describe("readPickle of tensors", () => {
  for (const { name, pickle, value } of cases) {
    const bytes = Buffer.from(pickle, "base64");
    if (value === undefined)
      it(`refuses ${name}`, () => {
        expect(() => readPickle(bytes)).to.throw(PickleError);
      });
    else
      it(`reads ${name}`, () => {
        expect(JSON.parse(formatJson(readPickle(bytes)))).to.deep.equal(value);
      });
  }

  it("throws nothing but PickleError for a tensor that lacks a byte", () => {
    const bytes = Buffer.from(cases[1]?.pickle ?? "", "base64");
    let refused = 0;
    for (let index = 0; index < bytes.length; index += 1) {
      const damaged = Buffer.concat([bytes.subarray(0, index), bytes.subarray(index + 1)]);
      try {
        readPickle(damaged);
      } catch (error) {
        expect(error).to.be.instanceOf(PickleError);
        refused += 1;
      }
    }
    expect(refused).to.be.greaterThan(bytes.length / 2);
  });
});
