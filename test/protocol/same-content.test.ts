import { expect } from "chai";
import fc from "fast-check";
import { type Coding, type Value, equalValues, sameContent } from "../../src/protocol/index.js";
import { anyValue } from "../support/checks/arbitraries.js";
import { encode } from "../../harness/encode.js";

const compared = ["type", "message", "extra_info", "response", "metadata", "batch"];

/** The members of a message, compared ones and others. */
const members = fc.dictionary(fc.constantFrom(...compared, "id", "session", "sent_at", "note"), anyValue, {
  maxKeys: 6,
  noNullPrototype: true,
});

function frame(message: unknown, coding: Coding): Uint8Array {
  return Buffer.from(encode(message, coding));
}

function reversed(message: Record<string, Value>): Record<string, Value> {
  return Object.fromEntries(Object.entries(message).reverse());
}

describe("sameContent", () => {
  it("considers a message equal to itself, whatever the order of its members", () => {
    fc.assert(
      fc.property(members, (message) => {
        const one = frame(message, "messagepack");
        expect(sameContent(one, one.slice())).to.equal(true);
        expect(sameContent(one, frame(reversed(message), "messagepack"))).to.equal(true);
      }),
      { numRuns: 500 },
    );
  });

  it("compares exactly the five members, in either order", () => {
    fc.assert(
      fc.property(members, members, (a, b) => {
        const [one, other] = [frame(a, "messagepack"), frame(b, "messagepack")];
        const expected = compared.every((member) => equalValues(a[member], b[member]));
        expect(sameContent(one, other)).to.equal(expected);
        expect(sameContent(other, one)).to.equal(expected);
      }),
      { numRuns: 500 },
    );
  });

  it("ignores a changed id and detects a changed member", () => {
    fc.assert(
      fc.property(members, fc.constantFrom(...compared), fc.string(), (message, member, text) => {
        const one = frame(message, "messagepack");
        expect(sameContent(one, frame({ ...message, id: text }, "messagepack"))).to.equal(true);
        const changed = frame({ ...message, [member]: [text, message[member] ?? null] }, "messagepack");
        expect(sameContent(one, changed)).to.equal(false);
      }),
      { numRuns: 500 },
    );
  });

  it("considers a message equal to itself in another coding", () => {
    const message = { type: "note", id: "n1", message: { text: "ä", list: [1.5, null, NaN] } };
    expect(sameContent(frame(message, "json"), frame(message, "messagepack"))).to.equal(true);
  });

  it("considers undecodable bytes equal only to themselves", () => {
    const message = frame({ type: "note" }, "json");
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        expect(sameContent(a, a.slice())).to.equal(true);
        expect(sameContent(a, b)).to.equal(sameContent(b, a));
        expect(sameContent(a, message)).to.equal(false);
      }),
      { numRuns: 1000 },
    );
  });

  it("considers missing contents equal only to missing contents", () => {
    const message = frame({}, "json");
    expect(sameContent(null, null)).to.equal(true);
    expect(sameContent(null, message)).to.equal(false);
    expect(sameContent(message, null)).to.equal(false);
  });

  it("distinguishes two different pickles, and a pickle from an empty message", () => {
    const pickle = (text: string) => Buffer.concat([Buffer.from([0x80, 4]), Buffer.from(text)]);
    expect(sameContent(pickle("a."), pickle("b."))).to.equal(false);
    expect(sameContent(pickle("a."), frame({}, "messagepack"))).to.equal(false);
    expect(sameContent(frame([], "json"), frame({}, "json"))).to.equal(false);
  });
});
