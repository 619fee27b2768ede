import { expect } from "chai";
import {
  ProtocolError,
  type Steps,
  complete,
  decodeFrame,
  decodeFrameInSteps,
  encodeValue,
  formatJson,
  formatJsonInSteps,
} from "../../src/protocol/index.js";

const list = Array.from({ length: 10_000 }, (_, index) => new Map([["x", index]]));

/** Runs work to its end; returns its result and how often it paused. */
function countPauses<Result>(steps: Steps<Result>): [result: Result, pauses: number] {
  let pauses = 0;
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) pauses += 1;
  return [step.value, pauses];
}

describe("work in steps", () => {
  for (const [coding, frame] of [
    ["json", encodeValue(list)],
    ["messagepack", encodeValue([new Uint8Array(1), ...list])],
  ] as const) {
    it(`decodes ${coding} with a pause every thousand values, to the same value`, () => {
      const [value, pauses] = countPauses(decodeFrameInSteps(frame, coding));
      expect(value).to.deep.equal(decodeFrame(frame, coding));
      expect(pauses).to.be.within(10, 40);
    });
  }

  it("formats JSON with a pause every thousand values, to the same text", () => {
    const [text, pauses] = countPauses(formatJsonInSteps(list));
    expect(text).to.equal(formatJson(list));
    expect(JSON.parse(text)).to.have.length(10_000);
    expect(pauses).to.be.within(10, 40);
  });

  it("refuses a JSON text beyond its limit as too costly", () => {
    expect(complete(formatJsonInSteps(["a".repeat(96)], 100))).to.have.length(100);
    expect(() => complete(formatJsonInSteps(["a".repeat(97)], 100)))
      .to.throw(ProtocolError)
      .with.property("code", "too_costly");
  });
});
