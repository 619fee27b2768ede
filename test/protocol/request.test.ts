import { expect } from "chai";
import fc from "fast-check";
import {
  ProtocolError,
  Timestamp,
  type Value,
  formatJson,
  readRequest,
  readResumeTarget,
} from "../../src/protocol/index.js";
import { anyValue } from "../support/checks/arbitraries.js";

const uuid = "0b6c1f6e-6e0b-4f0e-9c57-3f4f7f0a5a11";
const members = (entries: Record<string, Value>) => new Map(Object.entries(entries));
const read = (entries: Record<string, Value>) => readRequest(members(entries));

function expectInvalid(act: () => unknown, ...words: string[]): void {
  expect(act).to.throw(ProtocolError).with.property("code", "invalid");
  for (const word of words) expect(act).to.throw(ProtocolError, word);
}

describe("readRequest", () => {
  it("accepts a message with only a type", () => {
    expect(read({ type: "ask" })).to.deep.equal({ type: "ask" });
  });

  it("keeps every member of the envelope unchanged", () => {
    const request = {
      type: "tell",
      message: members({ outcome: 1 }),
      id: "m-1",
      session: uuid,
      extra_info: [1, null],
      response: NaN,
      sent_at: 1764000000123.5,
      metadata: members({ eye: "left" }),
      version: "0.01",
    };
    expect(read(request)).to.deep.equal(request);
  });

  it("ignores unknown members", () => {
    const request = read({
      type: "ask",
      note: "x",
      ["__proto__"]: members({ id: 5 }),
      constructor: 1,
      ok: true,
    });
    expect(request).to.deep.equal({ type: "ask" });
    expect(Object.getPrototypeOf(request)).to.equal(Object.prototype);
  });

  for (const [name, value] of [
    ["null", null],
    ["a boolean", true],
    ["a number", 5],
    ["a large integer", 2n ** 60n],
    ["a text", "ask"],
    ["an empty list", []],
    ["a list of a message", [members({ type: "ask" })]],
    ["bytes", Uint8Array.of(0x80)],
  ] as [string, Value][]) {
    it(`refuses ${name} as a message`, () => {
      expectInvalid(() => readRequest(value), "type");
    });
  }

  it("refuses a message without type", () => {
    expectInvalid(() => readRequest(new Map()), "`type`");
    expectInvalid(() => read({ message: "x", id: "" }), "`type`");
  });

  for (const type of ["a", "setup", "can_model", "a_", "a0", "z9_9z", "constructor", "a".repeat(64)]) {
    it(`accepts the type ${type}`, () => {
      expect(read({ type }).type).to.equal(type);
    });
  }

  for (const type of [
    "",
    "A",
    "Setup",
    "_a",
    "0a",
    "a-b",
    "a b",
    " a",
    "a\n",
    "é",
    "__proto__",
    "a".repeat(65),
    null,
    5,
    true,
    ["setup"],
    new Map(),
    Uint8Array.of(97),
  ] as Value[]) {
    it(`refuses the type ${formatJson(type)}`, () => {
      expectInvalid(() => read({ type }), "`type`", "a-z");
    });
  }

  for (const id of ["a", " ", "~", "x".repeat(128), '"\\/<>']) {
    it(`accepts the id ${formatJson(id)}`, () => {
      expect(read({ type: "ask", id }).id).to.equal(id);
    });
  }

  for (const id of [
    "",
    "x".repeat(129),
    "ä",
    "a\n",
    "\t",
    "\u007f",
    "\u0000",
    17,
    2n ** 60n,
    null,
    true,
    ["a"],
  ] as Value[]) {
    it(`refuses the id ${formatJson(id)}`, () => {
      expectInvalid(() => read({ type: "ask", id }), "`id`", "128 printable ASCII");
    });
  }

  for (const session of ["", "x".repeat(129), "sitzung-ä", 5, null, ["a"]] as Value[]) {
    it(`refuses the session ${formatJson(session)}`, () => {
      expectInvalid(() => read({ type: "ask", session }), "`session`");
    });
  }

  for (const sentAt of [0, -1, 0.25, 1764000000123, Number.MAX_VALUE]) {
    it(`accepts ${sentAt} as sent_at`, () => {
      expect(read({ type: "ask", sent_at: sentAt }).sent_at).to.equal(sentAt);
    });
  }

  for (const sentAt of [
    "1764000000123",
    null,
    true,
    NaN,
    Infinity,
    2n ** 60n,
    new Timestamp(1, 0),
  ] as Value[]) {
    it(`refuses ${formatJson(sentAt)} as sent_at`, () => {
      expectInvalid(() => read({ type: "ask", sent_at: sentAt }), "`sent_at`");
    });
  }

  it("accepts any value as message, extra_info, response, metadata and version", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const request = {
          message: value,
          extra_info: value,
          response: value,
          metadata: value,
          version: value,
        };
        expect(read({ type: "ask", ...request })).to.deep.equal({ type: "ask", ...request });
      }),
    );
  });

  it("converts a session that is a UUID to lower case", () => {
    for (const type of ["setup", "ask", "resume"]) {
      expect(read({ type, session: uuid.toUpperCase() }).session).to.equal(uuid);
    }
  });

  for (const session of ["My Session", "S", "x".repeat(128)]) {
    it(`does not change the session ${session}, which is not a UUID`, () => {
      expect(read({ type: "tell", session }).session).to.equal(session);
    });
  }

  for (const session of [
    "My Session",
    `{${uuid}}`,
    uuid.replaceAll("-", ""),
    `${uuid}0`,
    `g${uuid.slice(1)}`,
  ]) {
    it(`refuses ${session} as the session of a setup`, () => {
      expectInvalid(() => read({ type: "setup", session }), "`session`", "UUID");
    });
  }

  it("throws only its own error, and does not modify the value", () => {
    const names = fc.constantFrom("type", "id", "session", "sent_at", "message", "other");
    const values = fc.oneof(anyValue, fc.constantFrom<Value>("setup", "ask", uuid));
    const messages = fc.oneof(
      anyValue,
      fc.array(fc.tuple(names, values)).map((entries) => new Map<string, Value>(entries)),
    );
    fc.assert(
      fc.property(messages, (value) => {
        const before = structuredClone(value);
        try {
          readRequest(value);
        } catch (error) {
          expect(error).to.be.instanceOf(ProtocolError).with.property("code", "invalid");
          expect((error as ProtocolError).message).to.match(/^[A-Z].*`(type|id|session|sent_at)`.*\.$/s);
        }
        expect(structuredClone(value)).to.deep.equal(before);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("readResumeTarget", () => {
  const target = (message?: Value) =>
    readResumeTarget(message === undefined ? { type: "resume" } : { type: "resume", message });

  for (const message of [undefined, "", null, new Map<string, Value>(), members({ other: 1 })]) {
    it(`reads ${message === undefined ? "no message" : formatJson(message)} as the current session`, () => {
      expect(target(message)).to.deep.equal({});
    });
  }

  it("reads a session, in lower case if it is a UUID", () => {
    expect(target(members({ session: uuid }))).to.deep.equal({ session: uuid });
    expect(target(members({ session: uuid.toUpperCase() }))).to.deep.equal({ session: uuid });
    expect(target(members({ session: "My Session" }))).to.deep.equal({ session: "My Session" });
  });

  it("reads AEPsych's strat_id", () => {
    expect(target(members({ strat_id: 0 }))).to.deep.equal({ stratId: 0 });
    expect(target(members({ strat_id: 3 }))).to.deep.equal({ stratId: 3 });
  });

  it("reads a strat_id as text where Python's int() takes it", () => {
    for (const text of ["0", "+0", "-0", " 0\n", "00", "0_0"])
      expect(target(members({ strat_id: text }))).to.deep.equal({ stratId: 0 });
    expect(target(members({ strat_id: "1_2" }))).to.deep.equal({ stratId: 12 });
  });

  it("prefers the session if both are given", () => {
    expect(target(members({ strat_id: 3, session: uuid }))).to.deep.equal({ session: uuid });
  });

  for (const [name, message] of [
    ["a strat_id of −1", members({ strat_id: -1 })],
    ["a strat_id of 0.5", members({ strat_id: 0.5 })],
    ["a strat_id of NaN", members({ strat_id: NaN })],
    ["a strat_id beyond 2^53", members({ strat_id: 2n ** 60n })],
    ["a strat_id that is no integer as text", members({ strat_id: "0.0" })],
    ["a strat_id of −1 as text", members({ strat_id: "-1" })],
    ["a strat_id with a stray underscore", members({ strat_id: "0_" })],
    ["a strat_id of more digits than are exact", members({ strat_id: "9".repeat(400) })],
    ["a strat_id that is empty", members({ strat_id: "" })],
    ["a strat_id that is null", members({ strat_id: null })],
    ["a session that is a number", members({ session: 5 })],
    ["a session that is null", members({ session: null, strat_id: 0 })],
    ["a session that is longer than an id can be", members({ session: "x".repeat(129) })],
    ["a session that no terminal should show", members({ session: "\u001b[2J" })],
    ["a session of two lines", members({ session: "a\n" })],
    ["a session's id alone", uuid],
    ["a number", 0],
    ["a list", []],
  ] as [string, Value][]) {
    it(`refuses ${name}`, () => {
      expectInvalid(() => target(message), "`session`", "`strat_id`");
    });
  }
});
