import { expect } from "chai";
import {
  ProtocolError,
  type Steps,
  type Value,
  complete,
  decodeFrame,
  decodeFrameInSteps,
  encodeValue,
  formatJson,
  formatJsonInSteps,
  parseTaggedJson,
  parseTaggedJsonInSteps,
  sameContentInSteps,
  writeMessagePack,
  writeMessagePackInSteps,
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

  it("pauses within a few long values", () => {
    const integers = new TextEncoder().encode(`[${Array<string>(500).fill("9".repeat(10_000)).join(",")}]`);
    const [value, pauses] = countPauses(decodeFrameInSteps(integers, "json"));
    expect(pauses).to.be.at.least(70);
    expect(countPauses(formatJsonInSteps(value))[1]).to.be.at.least(70);
  });

  it("formats a long text in parts, to the same text", () => {
    const text = '\n"é𝄞'.repeat(100_000);
    const [formatted, pauses] = countPauses(formatJsonInSteps(["a", text, `x${text}\ud834`]));
    expect(formatted).to.equal(JSON.stringify(["a", text, `x${text}\ud834`]));
    expect(pauses).to.be.at.least(10);
  });

  for (const length of [0, 1, 2, 3, 255, 49_151, 49_152, 65_537, 300_001]) {
    it(`formats ${length} bytes in parts, as base64`, () => {
      const bytes = Uint8Array.from({ length }, (_, index) => (index * 31) % 256);
      const base64 = Buffer.from(bytes).toString("base64");
      expect(formatJson(bytes)).to.equal(`{"$bytes":"${base64}"}`);
      expect(parseTaggedJson(formatJson(bytes))).to.deep.equal(bytes);
    });
  }

  for (const [fault, base64] of [
    ["a blank", `${"A".repeat(70_000)} AAA`],
    ["padding in the middle", `${"A".repeat(65_532)}AA==${"A".repeat(8)}`],
    ["missing padding", "AA"],
    ["too much padding", "A==="],
  ] as const) {
    it(`refuses base64 with ${fault}`, () => {
      expect(() => parseTaggedJson(`{"$bytes":"${base64}"}`))
        .to.throw(ProtocolError)
        .with.property("code", "malformed");
    });
  }

  it("reads tagged JSON with a pause every thousand values, to the same value", () => {
    const tagged = [...list, new Uint8Array(3), NaN];
    const [value, pauses] = countPauses(parseTaggedJsonInSteps(formatJson(tagged)));
    expect(value).to.deep.equal(tagged);
    expect(pauses).to.be.at.least(20);
  });

  it("encodes MessagePack with a pause every thousand values, to the same bytes", () => {
    const [bytes, pauses] = countPauses(writeMessagePackInSteps(list));
    expect(bytes).to.deep.equal(writeMessagePack(list));
    expect(decodeFrame(bytes, "messagepack")).to.deep.equal(list);
    expect(pauses).to.be.within(10, 40);
  });

  it("compares two frames with a pause every thousand values", () => {
    const message = new Map<string, Value>([["message", list]]);
    const [json, packed] = [encodeValue(message), writeMessagePack(message)];
    const [isSame, pauses] = countPauses(sameContentInSteps(json, packed));
    expect(isSame).to.equal(true);
    expect(pauses).to.be.at.least(50);
  });

  it("refuses a JSON text beyond its limit as too costly", () => {
    expect(complete(formatJsonInSteps(["a".repeat(96)], 100))).to.have.length(100);
    expect(() => complete(formatJsonInSteps(["a".repeat(97)], 100)))
      .to.throw(ProtocolError)
      .with.property("code", "too_costly");
  });
});
