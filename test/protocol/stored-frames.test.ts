import { expect } from "chai";
import { complete, decodeFrame, decodeFrameInSteps } from "../../src/protocol/index.js";

describe("A frame of more values than a message may have now", () => {
  const numbers = Array.from({ length: 2_000_100 }, () => "1").join(",");
  const json = Buffer.from(`{"type":"tell","extra_info":{"trace":[${numbers}]}}`);
  const messagePack = Buffer.concat([
    Buffer.from([0x81, 0xa1, 0x78, 0xdd]),
    Buffer.from(Uint32Array.of(2_000_100).buffer).reverse(),
    Buffer.alloc(2_000_100, 1),
  ]);

  for (const [coding, frame] of [
    ["json", json],
    ["messagepack", messagePack],
  ] as const) {
    it(`stays readable in ${coding} if an earlier telltale stored it`, () => {
      expect(decodeFrame(frame, coding)).to.be.instanceOf(Map);
    });

    it(`is refused in ${coding} when it arrives`, () => {
      expect(() => complete(decodeFrameInSteps(frame, coding)))
        .to.throw()
        .with.property("code", "too_costly");
    });
  }
});
