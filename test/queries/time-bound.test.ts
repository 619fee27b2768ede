import { expect } from "chai";
import { DatabaseError } from "../../src/database/index.js";
import { readTimeBound } from "../../src/queries/index.js";

describe("readTimeBound", () => {
  const lies = (column: string, from: string, to: string) => {
    const text = column.replace(" ", "T");
    return text >= readTimeBound(from, "from") && text <= readTimeBound(to, "to");
  };

  it("reads a date alone as the whole day", () => {
    expect(lies("2026-01-31T00:00:00.000Z", "2026-01-31", "2026-01-31")).to.equal(true);
    expect(lies("2026-01-31T23:59:59.999Z", "2026-01-31", "2026-01-31")).to.equal(true);
    expect(lies("2026-01-30T23:59:59.999Z", "2026-01-31", "2026-01-31")).to.equal(false);
    expect(lies("2026-02-01T00:00:00.000Z", "2026-01-31", "2026-01-31")).to.equal(false);
  });

  it("reads a time as that moment", () => {
    const [before, at, after] = ["11:59:59.999", "12:00:00.000", "12:00:00.001"].map((clock) =>
      lies(`2026-01-31T${clock}Z`, "2026-01-31T12:00", "2026-01-31 12:00:00"),
    );
    expect([before, at, after]).to.deep.equal([false, true, false]);
  });

  it("converts a time with a zone", () => {
    expect(readTimeBound("2026-01-31T12:00:00+02:00", "from")).to.equal("2026-01-31T10:00:00");
  });

  it("compares times as AEPsych wrote them", () => {
    expect(lies("2021-05-04 10:11:12", "2021-05-04T10:11:12Z", "2021-05-04T10:11:12Z")).to.equal(true);
    expect(
      lies("2021-05-04 10:11:12.131415", "2021-05-04T10:11:12.131Z", "2021-05-04T10:11:12.131Z"),
    ).to.equal(true);
  });

  const none = [
    "",
    "yesterday",
    "2026-13-01",
    "2026-02-30",
    "2026-01-31T25:00",
    "2026-1-1",
    "31.01.2026",
    "17",
  ];
  for (const text of [...none, "2026-01-31T12:00:00+25:00"]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => readTimeBound(text, "from"))
        .to.throw(DatabaseError, "is not a time; write it as 2026-01-31 or 2026-01-31T12:00:00Z.")
        .with.property("code", "bad_argument");
    });
  }
});
