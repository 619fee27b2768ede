import { expect } from "chai";
import fc from "fast-check";
import {
  type Coding,
  type Value,
  type ValueMap,
  decodeFrame,
  writeMessagePack,
} from "../../src/protocol/index.js";
import { withMembers } from "../../src/replay/frame-members.js";
import { anyValue } from "../support/checks/arbitraries.js";

const map = fc
  .array(fc.tuple(fc.string(), anyValue), { maxLength: 20 })
  .map((entries): ValueMap => new Map(entries));
const members = fc.array(
  fc.tuple(
    fc.oneof(fc.string(), fc.constantFrom("id", "session")),
    fc.oneof(fc.string(), fc.constant(new Map([["experiment_id", "e1"]]))),
  ),
  { minLength: 1, maxLength: 3 },
);

const joined = (message: ValueMap, more: readonly (readonly [string, Value])[]) =>
  new Map([...message, ...more]);

describe("withMembers", () => {
  it("adds members to a MessagePack frame, and keeps all others", () => {
    fc.assert(
      fc.property(map, members, (message, more) => {
        let frame: Uint8Array;
        try {
          frame = writeMessagePack(message);
        } catch {
          // An integer beyond 64 bits is in no frame.
          return;
        }
        const whole = withMembers(frame, "messagepack", more);
        expect(decodeFrame(whole, "messagepack")).to.deep.equal(joined(message, more));
      }),
    );
  });

  it("adds members to a JSON frame, and keeps all others", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true }),
        members,
        (object, more) => {
          const frame = Buffer.from(JSON.stringify(object));
          const message = decodeFrame(frame, "json") as ValueMap;
          expect(decodeFrame(withMembers(frame, "json", more), "json")).to.deep.equal(joined(message, more));
        },
      ),
    );
  });

  for (const [what, frame, whole] of [
    ["an empty object", "{}", '{"id":"a"}'],
    ["blanks and line ends", ' { "x" : [1.0, NaN] } \n', ' { "x" : [1.0, NaN] ,"id":"a"}'],
    ["text that ends like an object", '{"x":"}"}', '{"x":"}","id":"a"}'],
    ["a byte order mark", '\uFEFF{"x":1}', '\uFEFF{"x":1,"id":"a"}'],
  ] as const) {
    it(`keeps the bytes of a JSON frame with ${what}`, () => {
      const made = withMembers(Buffer.from(frame), "json", [["id", "a"]]);
      expect(Buffer.from(made).toString()).to.equal(whole);
      expect((decodeFrame(made, "json") as ValueMap).get("id")).to.equal("a");
    });
  }

  for (const [size, head] of [
    [2, 1],
    [15, 1],
    [16, 3],
    [70_000, 5],
  ] as const) {
    it(`keeps the bytes of a MessagePack frame of ${size} members`, () => {
      const message = new Map(Array.from({ length: size }, (_, index) => [`k${index}`, index] as const));
      const frame = writeMessagePack(message);
      const made = withMembers(frame, "messagepack" satisfies Coding, [["id", "a"]]);
      expect(Buffer.from(made).includes(Buffer.from(frame.subarray(head)))).to.equal(true);
      expect((decodeFrame(made, "messagepack") as ValueMap).size).to.equal(size + 1);
    });
  }
});
