import { expect } from "chai";
import {
  ProtocolError,
  type Value,
  readClockProbe,
  readRequest,
  writeJson,
  writeMessagePack,
} from "../../src/protocol/index.js";

const members = (entries: Record<string, Value>) => new Map(Object.entries(entries));
const read = (entries: Record<string, Value>) => readRequest(members(entries));
const frame = (entries: Record<string, Value>) => new TextEncoder().encode(writeJson(members(entries)));

function expectInvalid(act: () => unknown, ...words: string[]): void {
  expect(act).to.throw(ProtocolError).with.property("code", "invalid");
  for (const word of words) expect(act).to.throw(ProtocolError, word);
}

describe("readRequest, of the clock", () => {
  it("reads the client's estimate of the daemon's clock", () => {
    const clock = { offset_ms: -3.5, uncertainty_ms: 0 };
    expect(read({ type: "tell", sent_at: 5, clock: members(clock) })).to.deep.equal({
      type: "tell",
      sent_at: 5,
      clock,
    });
  });

  for (const [name, clock] of [
    ["null", null],
    ["a number", 5],
    ["a list", [1, 2]],
    ["without an uncertainty", members({ offset_ms: 1 })],
    ["without an offset", members({ uncertainty_ms: 1 })],
    ["with a negative uncertainty", members({ offset_ms: 1, uncertainty_ms: -0.5 })],
    ["with an infinite offset", members({ offset_ms: Infinity, uncertainty_ms: 1 })],
    ["with an uncertainty that is not a number", members({ offset_ms: 1, uncertainty_ms: NaN })],
    ["with a text as offset", members({ offset_ms: "1", uncertainty_ms: 1 })],
    ["with an offset beyond 2^53", members({ offset_ms: 2n ** 60n, uncertainty_ms: 1 })],
  ] as [string, Value][]) {
    it(`refuses a clock ${name}`, () => {
      expectInvalid(() => read({ type: "tell", clock }), "`clock`", "`offset_ms`", "`uncertainty_ms`");
    });
  }

  it("refuses a clock probe as a message", () => {
    expectInvalid(() => read({ type: "clock", sent_at: 1 }), "clock probe");
  });
});

describe("readClockProbe", () => {
  const probe = { type: "clock", sent_at: 12.5, id: "c" };

  it("reads a probe in either coding, with an id or without", () => {
    expect(readClockProbe(frame(probe), "json")).to.deep.equal(probe);
    expect(readClockProbe(writeMessagePack(members(probe)), "messagepack")).to.deep.equal(probe);
    expect(readClockProbe(frame({ type: "clock", sent_at: -1 }), "json")).to.deep.equal({
      type: "clock",
      sent_at: -1,
    });
  });

  for (const [name, other] of [
    ["a message that mentions the clock", { type: "tell", message: "clock" }],
    ["a probe without sent_at", { type: "clock" }],
    ["a probe with an infinite sent_at", { type: "clock", sent_at: Infinity }],
    ["a probe with a member of a message", { ...probe, message: 1 }],
    ["a probe with an id that is not ASCII", { ...probe, id: "ä" }],
  ] as [string, Record<string, Value>][]) {
    it(`leaves ${name} to others`, () => {
      expect(readClockProbe(frame(other), "json")).to.equal(undefined);
    });
  }

  it("leaves a frame that cannot be decoded to others, and one of more than 512 bytes", () => {
    expect(readClockProbe(new TextEncoder().encode('{"type":"clock"'), "json")).to.equal(undefined);
    const long = `${JSON.stringify(probe)}${" ".repeat(500)}`;
    expect(readClockProbe(new TextEncoder().encode(long), "json")).to.equal(undefined);
  });
});
