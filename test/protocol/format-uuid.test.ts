import { createHash } from "node:crypto";
import { expect } from "chai";
import { formatUuid } from "../../src/protocol/index.js";

describe("formatUuid", () => {
  it("formats the example of version 5 in RFC 9562", () => {
    const namespace = Buffer.from("6ba7b8109dad11d180b400c04fd430c8", "hex");
    const hash = createHash("sha1").update(namespace).update("www.example.com").digest();
    expect(formatUuid(hash, 5)).to.equal("2ed6657d-e927-568b-95e1-2665a8aea6a2");
  });

  it("sets only the bits of the version and the variant", () => {
    expect(formatUuid(new Uint8Array(16), 4)).to.equal("00000000-0000-4000-8000-000000000000");
    expect(formatUuid(new Uint8Array(16).fill(255), 8)).to.equal("ffffffff-ffff-8fff-bfff-ffffffffffff");
  });
});
