import { expect } from "chai";
import fc from "fast-check";
import { pack } from "msgpackr";
import { Timestamp, type Value, equalValues, parseMessagePack } from "../../../src/protocol/index.js";
import { packable, plainObject } from "../../support/checks/packable.js";
import { encode } from "../../../harness/encode.js";
import { expectProtocolError } from "../../support/checks/expect-protocol-error.js";
import { fromPlain } from "../../support/checks/plain-value.js";
import { ascii, int64, parseBytes, zeros } from "../../support/checks/message-pack-bytes.js";

describe("parseMessagePack", () => {
  it("decodes any encoded value", () => {
    fc.assert(
      fc.property(packable, (value) => {
        const read = parseMessagePack(encode(value, "messagepack") as Buffer);
        expect(equalValues(read, value)).to.equal(true);
      }),
      { numRuns: 2000 },
    );
  });

  it("keeps the order of keys", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ unit: "binary" })), (keys) => {
        const map = new Map(keys.map((key) => [key, null]));
        const read = parseMessagePack(encode(map, "messagepack") as Buffer) as Map<string, Value>;
        expect([...read.keys()]).to.deep.equal(keys);
      }),
    );
  });

  it("reads plain objects packed by msgpackr as equal values", () => {
    fc.assert(
      fc.property(plainObject, (object) => {
        expect(equalValues(parseMessagePack(pack(object)), fromPlain(object))).to.equal(true);
      }),
      { numRuns: 1000 },
    );
  });

  it("treats built-in JavaScript names as ordinary keys", () => {
    expect(
      parseBytes(0x82, 0xa9, ...ascii("__proto__"), 0x80, 0xab, ...ascii("constructor"), 1),
    ).to.deep.equal(
      new Map<string, Value>([
        ["__proto__", new Map()],
        ["constructor", 1],
      ]),
    );
  });

  it("takes the last of several equal keys", () => {
    expect(parseBytes(0x82, 0xa1, 0x61, 1, 0xa1, 0x61, 2)).to.deep.equal(new Map([["a", 2]]));
  });

  const integers: [string, number[], number | bigint][] = [
    ["positive fixint, least", [0x00], 0],
    ["positive fixint, most", [0x7f], 127],
    ["negative fixint, least", [0xe0], -32],
    ["negative fixint, most", [0xff], -1],
    ["uint8", [0xcc, 0xff], 255],
    ["uint8, 0", [0xcc, 0], 0],
    ["uint16", [0xcd, 0xff, 0xff], 65_535],
    ["uint32", [0xce, 0xff, 0xff, 0xff, 0xff], 4_294_967_295],
    ["uint64 that is small", [0xcf, ...zeros(7), 7], 7],
    ["uint64 at 2^53 − 1", [0xcf, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 9007199254740991],
    ["uint64 at 2^53", [0xcf, 0, 0x20, 0, 0, 0, 0, 0, 0], 9007199254740992n],
    ["uint64 at 2^53 + 1", [0xcf, 0, 0x20, 0, 0, 0, 0, 0, 1], 9007199254740993n],
    ["uint64, most", [0xcf, ...Array.from({ length: 8 }, () => 0xff)], 18446744073709551615n],
    ["int8, least", [0xd0, 0x80], -128],
    ["int8, most", [0xd0, 0x7f], 127],
    ["int16, least", [0xd1, 0x80, 0], -32_768],
    ["int16, most", [0xd1, 0x7f, 0xff], 32_767],
    ["int32, least", [0xd2, 0x80, 0, 0, 0], -2_147_483_648],
    ["int32, most", [0xd2, 0x7f, 0xff, 0xff, 0xff], 2_147_483_647],
    ["int64, least", [0xd3, 0x80, ...zeros(7)], -9223372036854775808n],
    ["int64, most", [0xd3, 0x7f, ...Array.from({ length: 7 }, () => 0xff)], 9223372036854775807n],
    ["int64 at −1", [0xd3, ...Array.from({ length: 8 }, () => 0xff)], -1],
    ["int64 at −(2^53 − 1)", [0xd3, 0xff, 0xe0, 0, 0, 0, 0, 0, 1], -9007199254740991],
    ["int64 at −2^53", [0xd3, 0xff, 0xe0, 0, 0, 0, 0, 0, 0], -9007199254740992n],
  ];
  for (const [name, bytes, value] of integers) {
    it(`reads ${name} as ${value}`, () => {
      expect(parseBytes(...bytes)).to.equal(value);
    });
  }

  it("reads float32 and float64", () => {
    expect(parseBytes(0xca, 0x3f, 0x80, 0, 0)).to.equal(1);
    expect(parseBytes(0xca, 0x3d, 0xcc, 0xcc, 0xcd)).to.equal(Math.fround(0.1));
    expect(parseBytes(0xca, 0x7f, 0xc0, 0, 0)).to.deep.equal(NaN);
    expect(Object.is(parseBytes(0xca, 0x80, 0, 0, 0), -0)).to.equal(true);
    expect(parseBytes(0xcb, 0x3f, 0xb9, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a)).to.equal(0.1);
    expect(parseBytes(0xcb, 0xff, 0xf0, ...zeros(6))).to.equal(-Infinity);
    expect(Object.is(parseBytes(0xcb, 0x80, ...zeros(7)), -0)).to.equal(true);
  });

  it("reads nil and booleans", () => {
    expect(parseBytes(0x93, 0xc0, 0xc2, 0xc3)).to.deep.equal([null, false, true]);
  });

  it("reads strings of every length form", () => {
    for (const [head, length] of [
      [[0xa0], 0],
      [[0xb7], 23],
      [[0xb8], 24],
      [[0xbf], 31],
      [[0xd9, 0xff], 255],
      [[0xda, 1, 0], 256],
      [[0xda, 0xff, 0xff], 65_535],
      [[0xdb, 0, 1, 0, 0], 65_536],
      [[0xdb, 0, 0, 0, 2], 2],
    ] as const) {
      expect(parseBytes(...head, ...ascii("x".repeat(length)))).to.equal("x".repeat(length));
    }
  });

  it("reads text beyond ASCII, short and long, and keeps a byte order mark in it", () => {
    for (const text of ["ä", "\ufeff", "\ufeffabc", "😀\u0000", "é".repeat(20), "\ufeff" + "x".repeat(40)]) {
      const bytes = new TextEncoder().encode(text);
      expect(parseBytes(0xd9, bytes.length, ...bytes)).to.equal(text);
    }
  });

  it("reads bytes of every length form", () => {
    for (const [head, length] of [
      [[0xc4, 0], 0],
      [[0xc4, 3], 3],
      [[0xc5, 0, 3], 3],
      [[0xc6, 0, 0, 0, 3], 3],
    ] as const) {
      const bytes = [7, 0, 255].slice(0, length);
      expect(parseBytes(...head, ...bytes)).to.deep.equal(Uint8Array.from(bytes));
    }
  });

  it("copies bytes out of the frame", () => {
    for (const frame of [Uint8Array.of(0xc4, 2, 1, 2), Buffer.of(0xc4, 2, 1, 2)]) {
      const value = parseMessagePack(frame);
      frame.fill(0);
      expect([...(value as Uint8Array)]).to.deep.equal([1, 2]);
    }
  });

  it("reads lists and maps of every length form", () => {
    expect(parseBytes(0xdc, 0, 2, 1, 2)).to.deep.equal([1, 2]);
    expect(parseBytes(0xdd, 0, 0, 0, 2, 1, 2)).to.deep.equal([1, 2]);
    expect(parseBytes(0xde, 0, 1, 0xa1, 0x61, 1)).to.deep.equal(new Map([["a", 1]]));
    expect(parseBytes(0xdf, 0, 0, 0, 1, 0xa1, 0x61, 1)).to.deep.equal(new Map([["a", 1]]));
    expect(parseBytes(0x90)).to.deep.equal([]);
    expect(parseBytes(0x80)).to.deep.equal(new Map());
  });

  it("reads a frame inside a larger buffer", () => {
    const buffer = Uint8Array.of(0xff, 0xff, 0x92, 0xcd, 1, 2, 0xa1, 0x61, 0xff);
    expect(parseMessagePack(buffer.subarray(2, 8))).to.deep.equal([258, "a"]);
    expectProtocolError(() => parseMessagePack(buffer.subarray(2, 7)), "malformed");
  });

  const timestamps: [string, number[], Timestamp][] = [
    [
      "the last whole second that dates have",
      [0xc7, 12, 0xff, ...zeros(4), ...int64(8_639_999_999_999n)],
      new Timestamp(8_639_999_999_999, 0),
    ],
    ["96 bits behind a length of 16", [0xc8, 0, 12, 0xff, 0, 0, 0, 5, ...int64(6n)], new Timestamp(6, 5)],
    [
      "96 bits behind a length of 32",
      [0xc9, 0, 0, 0, 12, 0xff, 0, 0, 0, 5, ...int64(6n)],
      new Timestamp(6, 5),
    ],
    ["32 bits", [0xd6, 0xff, 0xff, 0xff, 0xff, 0xff], new Timestamp(4_294_967_295, 0)],
    [
      "64 bits",
      [0xd7, 0xff, 0xee, 0x6b, 0x27, 0xff, 0xff, 0xff, 0xff, 0xff],
      new Timestamp(17_179_869_183, 999_999_999),
    ],
    [
      "96 bits, before 1970",
      [0xc7, 12, 0xff, 0, 0, 0, 1, ...Array.from({ length: 8 }, () => 0xff)],
      new Timestamp(-1, 1),
    ],
  ];
  for (const [name, bytes, time] of timestamps) {
    it(`reads a timestamp of ${name}`, () => {
      expect(parseBytes(...bytes)).to.deep.equal(time);
    });
  }
});
