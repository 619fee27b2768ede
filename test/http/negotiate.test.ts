import { expect } from "chai";
import fc from "fast-check";
import { negotiateType } from "../../src/http/negotiate.js";

const json = "application/json";
const ndjson = "application/x-ndjson";

describe("negotiateType", () => {
  for (const [accept, chosen] of [
    [undefined, json],
    ["*/*", json],
    ["application/*", json],
    [ndjson, ndjson],
    ["Application/X-NDJSON; charset=utf-8", ndjson],
    [`${json}, ${ndjson};q=0.1`, json],
    [`${json};q=0.1, ${ndjson}`, ndjson],
    [`${json}, ${ndjson}`, json],
    [`${ndjson},${json}`, ndjson],
    [`*/*, ${ndjson}`, ndjson],
    [`${ndjson};q=0.5, */*`, json],
    [`${ndjson};q=0, */*`, json],
    [`${json};q=0, */*;q=0.1`, ndjson],
    [`application/*;q=0.9, */*;q=1, ${json};q=0.2`, ndjson],
    [`${ndjson};q=x`, undefined],
    [`${ndjson};q=0`, undefined],
    ["text/html", undefined],
    [`text/${ndjson}`, undefined],
    ["", undefined],
  ] as const) {
    it(`chooses ${chosen ?? "nothing"} for ${accept ?? "no header"}`, () => {
      expect(negotiateType(accept, [json, ndjson])).to.equal(chosen);
    });
  }

  it("never throws", () => {
    fc.assert(fc.property(fc.string(), (accept) => void negotiateType(accept, [json, ndjson])));
  });
});
