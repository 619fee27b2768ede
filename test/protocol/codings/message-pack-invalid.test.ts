import { expect } from "chai";
import fc from "fast-check";
import { pack } from "msgpackr";
import { ProtocolError, formatJson, parseMessagePack } from "../../../src/protocol/index.js";
import { packable, plainObject } from "../../support/checks/packable.js";
import { encode } from "../../../harness/encode.js";
import { expectProtocolError } from "../../support/checks/expect-protocol-error.js";
import { ascii, int64, parseBytes, zeros } from "../../support/checks/message-pack-bytes.js";

/** The error code of a refused frame; undefined for a frame that is read. */
function codeOf(frame: Uint8Array): string | undefined {
  try {
    parseMessagePack(frame);
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
  return undefined;
}

describe("parseMessagePack on invalid frames", () => {
  const refused: [string, number[]][] = [
    ["an empty frame", []],
    ["0xc1", [0xc1]],
    ["0xc1 in a list", [0x91, 0xc1]],
    ["bytes after the message", [0x80, 0x80]],
    ["a fixext of type 0", [0xd4, 0, 0]],
    ["a fixext 16 of type 1", [0xd8, 1, ...zeros(16)]],
    ["an ext 8 of type −2", [0xc7, 1, 0xfe, 0]],
    ["a fixext 4 of type 1", [0xd6, 1, ...zeros(4)]],
    ["a fixext 8 of type 127", [0xd7, 0x7f, ...zeros(8)]],
    ["an ext 8 of type −128 with 12 bytes", [0xc7, 12, 0x80, ...zeros(12)]],
    ["msgpackr's record", [0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 1]],
    ["an empty ext 8", [0xc7, 0, 5]],
    ["a timestamp of 1 byte", [0xd4, 0xff, 0]],
    ["a timestamp of 16 bytes", [0xd8, 0xff, ...zeros(16)]],
    ["an empty timestamp", [0xc7, 0, 0xff]],
    ["a 64-bit timestamp of 10^9 nanoseconds", [0xd7, 0xff, 0xee, 0x6b, 0x28, 0, 0, 0, 0, 0]],
    ["a 96-bit timestamp of 10^9 nanoseconds", [0xc7, 12, 0xff, 0x3b, 0x9a, 0xca, 0, ...zeros(8)]],
    [
      "a timestamp of the second in which dates end",
      [0xc7, 12, 0xff, ...zeros(4), ...int64(8_640_000_000_000n)],
    ],
    [
      "a timestamp of the second in which dates begin",
      [0xc7, 12, 0xff, ...zeros(4), ...int64(-8_640_000_000_000n)],
    ],
    ["a timestamp that no date reaches", [0xc7, 12, 0xff, ...zeros(4), 0x7f, ...zeros(7)]],
    ["a map key that is a number", [0x81, 1, 1]],
    ["a map key that is nil", [0x81, 0xc0, 1]],
    ["a map key that is bytes", [0x81, 0xc4, 1, 0x61, 1]],
    ["a map key that is a list", [0x81, 0x90, 1]],
    ["a map without its last value", [0x81, 0xa1, 0x61]],
    ["a short text that is no UTF-8", [0xa1, 0xff]],
    ["a short text that begins inside a character", [0xa2, 0x80, 0x61]],
    ["a text cut inside a character", [0xa1, 0xc3]],
    ["a text with a surrogate's bytes", [0xa3, 0xed, 0xa0, 0x80]],
    ["a long text that is no UTF-8", [0xd9, 30, ...ascii("x".repeat(29)), 0x80]],
    ["a key that is no UTF-8", [0x81, 0xa1, 0xff, 1]],
    ["JSON", ascii('{"type":"ask"}')],
  ];
  for (const [name, bytes] of refused) {
    it(`refuses ${name} as malformed`, () => {
      expectProtocolError(() => parseBytes(...bytes), "malformed");
    });
  }

  it("refuses a valid frame cut at any byte as malformed", () => {
    const frames = fc.oneof(
      packable.map((value) => encode(value, "messagepack") as Buffer),
      plainObject.map((object) => pack(object)),
    );
    fc.assert(
      fc.property(frames, (frame) => {
        const codes = Array.from({ length: frame.length }, (_, length) => codeOf(frame.subarray(0, length)));
        expect(codes.filter((code) => code !== "malformed")).to.deep.equal([]);
      }),
      { numRuns: 100 },
    );
  });

  it("refuses a valid frame with bytes after it as malformed", () => {
    fc.assert(
      fc.property(packable, fc.uint8Array({ minLength: 1 }), (value, rest) => {
        const frame = Buffer.concat([encode(value, "messagepack") as Buffer, rest]);
        expectProtocolError(() => parseMessagePack(frame), "malformed");
      }),
    );
  });

  for (const [name, head] of Object.entries({
    list: 0xdd,
    map: 0xdf,
    text: 0xdb,
    bytes: 0xc6,
    extension: 0xc9,
  })) {
    it(`refuses a ${name} of four billion immediately, without allocating it`, () => {
      const before = process.memoryUsage();
      const start = performance.now();
      for (let round = 0; round < 100; round += 1) {
        expectProtocolError(() => parseBytes(head, 0xff, 0xff, 0xff, 0xff, 0xa1, 0x61, 1), "malformed");
      }
      expect(performance.now() - start).to.be.below(500);
      const after = process.memoryUsage();
      expect(after.heapUsed + after.external - before.heapUsed - before.external).to.be.below(2 ** 25);
    });
  }

  for (const [name, head] of [
    ["fixarray", [0x91]],
    ["array 16", [0xdc, 0, 1]],
    ["array 32", [0xdd, 0, 0, 0, 1]],
    ["fixmap", [0x81, 0xa0]],
    ["map 16", [0xde, 0, 1, 0xa0]],
    ["map 32", [0xdf, 0, 0, 0, 1, 0xa0]],
  ] as const) {
    it(`accepts 256 levels of ${name} and refuses 257 as invalid`, () => {
      const levels = (count: number) => [...Array.from({ length: count - 1 }, () => head).flat(), 0x90];
      expect(() => parseBytes(...levels(256))).not.to.throw();
      expectProtocolError(() => parseBytes(...levels(257)), "invalid");
    });
  }

  it("refuses 100,000 levels as invalid", () => {
    expectProtocolError(() => parseMessagePack(new Uint8Array(100_000).fill(0x91)), "invalid");
    expectProtocolError(() => parseMessagePack(new Uint8Array(100_000).fill(0x81)), "invalid");
  });

  it("accepts a million lists and maps and refuses one more as invalid", () => {
    const lists = (count: number) => {
      const frame = new Uint8Array(count + 4).fill(0x90);
      const view = new DataView(frame.buffer);
      view.setUint8(0, 0xdd);
      view.setUint32(1, count - 1);
      return frame;
    };
    expect(parseMessagePack(lists(1_000_000))).to.have.length(999_999);
    expectProtocolError(() => parseMessagePack(lists(1_000_001)), "invalid");
  });

  /** A list of so many copies of an item. */
  const listOf = (count: number, ...item: number[]) => {
    const frame = new Uint8Array(5 + count * item.length);
    frame[0] = 0xdd;
    new DataView(frame.buffer).setUint32(1, count);
    for (let index = 0; index < count; index += 1) frame.set(item, 5 + index * item.length);
    return frame;
  };

  it("accepts two million values and refuses one more as too costly", () => {
    expect(parseMessagePack(listOf(1_999_999, 0))).to.have.length(1_999_999);
    expectProtocolError(() => parseMessagePack(listOf(2_000_000, 0)), "too_costly");
  });

  for (const [name, ...item] of [
    ["empty bytes", 0xc4, 0],
    ["maps of one member", 0x81, 0xa0, 0],
  ] as const) {
    it(`refuses two million ${name} as too costly`, () => {
      expectProtocolError(() => parseMessagePack(listOf(2_000_000, ...item)), "too_costly");
    });
  }

  it("refuses 8.4 million empty bytes, a frame of 16 MiB, as too costly", () => {
    expectProtocolError(() => parseMessagePack(listOf(8_388_000, 0xc4, 0)), "too_costly");
  });

  it("decodes any bytes, or refuses them with its own error", () => {
    const heads = fc.constantFrom(
      ...Array.from({ length: 32 }, (_, index) => 0xc0 + index),
      0x81,
      0x92,
      0xa1,
      0xff,
      0x61,
      0,
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc.array(heads, { maxLength: 24 }).map((list) => Uint8Array.from(list)),
    );
    fc.assert(
      fc.property(bytes, (frame) => {
        try {
          const value = parseMessagePack(frame);
          expect(() => formatJson(value)).not.to.throw();
        } catch (error) {
          expect(error).to.be.instanceOf(ProtocolError);
          expect((error as ProtocolError).code).to.be.oneOf(["malformed", "invalid"]);
        }
      }),
      { numRuns: 5000 },
    );
  });
});
