import { expect } from "chai";
import fc from "fast-check";
import {
  type Coding,
  EncodingError,
  ProtocolError,
  type Reply,
  Timestamp,
  type Value,
  type ValueMap,
  codingOf,
  decodeFrame,
  encodeReply,
  encodeValue,
  equalValues,
  isMap,
  parseMessagePack,
} from "../../src/protocol/index.js";
import { anyValue } from "../support/checks/arbitraries.js";
import { encode } from "../../harness/encode.js";
import { expectProtocolError } from "../support/checks/expect-protocol-error.js";

/** A value with what one of the codings cannot say replaced by what both can. */
function inBothCodings(value: Value): Value {
  if (typeof value === "bigint") return BigInt.asIntN(64, value);
  if (value instanceof Uint8Array || value instanceof Timestamp) return null;
  if (Array.isArray(value)) return value.map(inBothCodings);
  return isMap(value) ? new Map([...value].map(([key, item]) => [key, inBothCodings(item)])) : value;
}

const sayable = anyValue.map(inBothCodings);
const anyMap: fc.Arbitrary<ValueMap> = fc
  .array(fc.tuple(fc.string({ unit: "binary" }), sayable), { maxLength: 40 })
  .map((entries) => new Map(entries));
const text = new TextEncoder();
const toFrame = (message: Value, coding: Coding) => Buffer.from(encode(message, coding) as Buffer);

describe("decodeFrame", () => {
  it("reads the same value from both codings", () => {
    fc.assert(
      fc.property(sayable, (value) => {
        const fromJson = decodeFrame(toFrame(value, "json"), "json");
        const fromMessagePack = decodeFrame(toFrame(value, "messagepack"), "messagepack");
        expect(equalValues(fromJson, value)).to.equal(true);
        expect(equalValues(fromMessagePack, value)).to.equal(true);
      }),
      { numRuns: 1000 },
    );
  });

  it("reads −0 from both codings", () => {
    for (const coding of ["json", "messagepack"] as const) {
      expect(Object.is(decodeFrame(toFrame(-0, coding), coding), -0)).to.equal(true);
    }
  });

  it("accepts a byte order mark before JSON", () => {
    expect(decodeFrame(text.encode('\ufeff{"type":"ask"}'), "json")).to.deep.equal(
      new Map([["type", "ask"]]),
    );
  });

  it("refuses a second byte order mark", () => {
    expectProtocolError(() => decodeFrame(text.encode("\ufeff\ufeff{}"), "json"), "malformed");
  });

  for (const [name, bytes] of [
    ["a byte that begins no character", [0x22, 0xff, 0x22]],
    ["a character cut short", [0x22, 0xe2, 0x82, 0x22]],
    ["an overlong form", [0x22, 0xc0, 0xaf, 0x22]],
    ["a surrogate's bytes", [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ["a character beyond U+10FFFF", [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22]],
  ] as const) {
    it(`refuses a text frame with ${name} as malformed`, () => {
      expectProtocolError(() => decodeFrame(Uint8Array.from(bytes), "json"), "malformed");
      expect(() => decodeFrame(Uint8Array.from(bytes), "json")).to.throw("UTF-8");
    });
  }

  it("refuses MessagePack in a text frame and JSON in a binary one as malformed", () => {
    expectProtocolError(
      () => decodeFrame(toFrame(new Map([["type", "ask"]]), "messagepack"), "json"),
      "malformed",
    );
    expectProtocolError(
      () => decodeFrame(toFrame(new Map([["type", "ask"]]), "json"), "messagepack"),
      "malformed",
    );
  });

  it("refuses an empty frame as malformed", () => {
    expectProtocolError(() => decodeFrame(new Uint8Array(0), "json"), "malformed");
    expectProtocolError(() => decodeFrame(new Uint8Array(0), "messagepack"), "malformed");
  });

  it("decodes any bytes in any coding, or refuses them with its own error", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom<Coding>("json", "messagepack"), (frame, coding) => {
        try {
          decodeFrame(frame, coding);
        } catch (error) {
          expect(error).to.be.instanceOf(ProtocolError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("codingOf", () => {
  it("recognizes the coding of every map", () => {
    fc.assert(
      fc.property(anyMap, fc.constantFrom<Coding>("json", "messagepack"), (map, coding) => {
        expect(codingOf(toFrame(map, coding))).to.equal(coding);
      }),
    );
  });

  it("recognizes MessagePack maps of every length form", () => {
    for (const head of [...Array.from({ length: 16 }, (_, length) => 0x80 + length), 0xde, 0xdf]) {
      expect(codingOf(Uint8Array.of(head)), head.toString(16)).to.equal("messagepack");
    }
  });

  it("recognizes JSON that begins with white space or a byte order mark", () => {
    for (const start of ["{", " {", "\n{", "\r{", "\t{", "\ufeff{"]) {
      expect(codingOf(text.encode(`${start}}`)), JSON.stringify(start)).to.equal("json");
    }
  });
});

/** A value without integers beyond 64 bits. */
function within64Bits(value: Value): Value {
  if (typeof value === "bigint") return BigInt.asIntN(64, value);
  if (Array.isArray(value)) return value.map(within64Bits);
  return isMap(value) ? new Map([...value].map(([key, item]) => [key, within64Bits(item)])) : value;
}

describe("encodeValue", () => {
  const readBack = (value: Value) => {
    const frame = encodeValue(value);
    return decodeFrame(frame, codingOf(frame));
  };

  it("encodes every value so that it reads back equal", () => {
    fc.assert(
      fc.property(anyValue.map(within64Bits), (value) => {
        expect(equalValues(readBack(value), value)).to.equal(true);
      }),
      { numRuns: 3000 },
    );
  });

  const exact: [string, Value][] = [
    ["−0", -0],
    ["NaN", NaN],
    ["−Infinity", -Infinity],
    ["a double beyond 2^53", 2 ** 60],
    ["the double before an exponent is needed", 123456789012345680000],
    ["an integer of 100 digits", 10n ** 99n],
    ["lone surrogates", "a\ud800b\udfff"],
  ];
  for (const [what, value] of exact) {
    it(`encodes ${what} as JSON that reads back equal`, () => {
      const back = readBack(new Map([["value", value]])) as ValueMap;
      expect(codingOf(encodeValue(back))).to.equal("json");
      expect(back.get("value")).to.deep.equal(value);
      expect(Object.is(back.get("value"), value) || typeof value === "string").to.equal(true);
    });
  }

  const beside: [string, Value][] = [
    ["−0", -0],
    ["NaN", NaN],
    ["a double beyond 2^53", 2 ** 60],
    ["the largest unsigned integer", 2n ** 64n - 1n],
    ["the smallest integer", -(2n ** 63n)],
    ["the integers around each length", [-33, -32, -1, 127, 128, 2 ** 31 - 1, 2 ** 31, -(2 ** 31) - 1]],
    ["a text of 70,000 characters", "ä".repeat(70_000)],
    ["a list of 70,000 items", Array.from({ length: 70_000 }, (_, index) => index)],
    ["seconds before 1970", new Timestamp(-1, 999_999_999)],
  ];
  for (const [what, value] of beside) {
    it(`encodes ${what} together with bytes as MessagePack that reads back equal`, () => {
      const message = new Map<string, Value>([
        ["bytes", Uint8Array.of(0, 255)],
        ["value", value],
      ]);
      expect(codingOf(encodeValue(message))).to.equal("messagepack");
      const back = (readBack(message) as ValueMap).get("value");
      expect(equalValues(back, value)).to.equal(true);
      expect(typeof back).to.equal(typeof value);
    });
  }

  it("refuses values that MessagePack cannot represent together with bytes", () => {
    for (const value of [2n ** 64n, -(2n ** 63n) - 1n, "\ud800"]) {
      expect(() => encodeValue([new Uint8Array(), value])).to.throw(EncodingError);
    }
  });
});

describe("encodeReply", () => {
  const replies: Reply[] = [
    {
      type: "tell",
      ok: true,
      stored: true,
      id: 'a "quoted" id',
      session: "0b6c1f6e-6e0b-4f0e-9c57-3f4f7f0a5a11",
      seq: 17,
      replay_id: 5_000_000_000,
      digest: "0".repeat(64),
      received_at: 1_764_000_000_123.25,
      trials_recorded: 2,
      model_data_added: 0,
    },
    {
      type: null,
      ok: false,
      code: "malformed",
      server_error: "The frame is no JSON: „ä“ 😀.",
      stored: false,
      retry: false,
    },
  ];

  it("returns JSON text for JSON", () => {
    for (const reply of replies) {
      const frame = encodeReply(reply, "json");
      expect(frame).to.be.a("string");
      expect(JSON.parse(frame as string)).to.deep.equal(reply);
    }
  });

  it("returns plain MessagePack for MessagePack", () => {
    for (const reply of replies) {
      const frame = encodeReply(reply, "messagepack");
      expect(frame).to.be.instanceOf(Uint8Array);
      expect(parseMessagePack(frame as Uint8Array)).to.deep.equal(new Map(Object.entries(reply)));
    }
  });

  it("does not change a reply that it encoded before", () => {
    const [first, second] = replies as [Reply, Reply];
    const frame = encodeReply(first, "messagepack") as Uint8Array;
    const before = [...frame];
    for (let round = 0; round < 1000; round += 1) encodeReply(second, "messagepack");
    expect([...frame]).to.deep.equal(before);
  });
});
