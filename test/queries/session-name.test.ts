import { expect } from "chai";
import { readSessionName } from "../../src/queries/session-name.js";

describe("readSessionName", () => {
  for (const [name, read] of [
    ["last", { kind: "last" }],
    ["3f2a", { kind: "id", beginning: "3f2a" }],
    ["0412", { kind: "id", beginning: "0412" }],
    ["99999999999", { kind: "id", beginning: "99999999999" }],
    ["80", { kind: "digits", uniqueId: 80, beginning: "80" }],
    ["id:80", { kind: "id", beginning: "80" }],
    ["id:id:80", { kind: "id", beginning: "id:80" }],
    ["unique_id:80", { kind: "unique_id", uniqueId: 80 }],
    ["#80", { kind: "id", beginning: "#80" }],
  ] as const) {
    it(`reads ${name}`, () => {
      expect(readSessionName(name)).to.deep.equal(read);
    });
  }

  for (const name of [
    "",
    "id:",
    "unique_id:",
    "unique_id:x",
    "unique_id:0",
    "unique_id:-1",
    "unique_id:1.0",
  ]) {
    it(`refuses ${JSON.stringify(name)}`, () => {
      expect(() => readSessionName(name))
        .to.throw()
        .with.property("code", "unknown_session");
    });
  }
});
