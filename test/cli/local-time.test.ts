import { expect } from "chai";
import { formatLocalTime, formatTimeOfDay, readLocalTime } from "../../src/cli/local-time.js";
import { useZone } from "../support/checks/use-zone.js";

/** Noon in New York, the day after the clocks were set forward. */
const now = new Date("2026-03-09T16:00:00Z");

describe("readLocalTime", () => {
  useZone("America/New_York");

  const read = (text: string, bound: "from" | "to") => readLocalTime(text, bound, now)?.toISOString();

  it("reads times of day and days in the zone of the machine", () => {
    expect(read("17:20", "from")).to.equal("2026-03-09T21:20:00.000Z");
    expect(read("9:05:01.25", "to")).to.equal("2026-03-09T13:05:01.250Z");
    expect(read("today", "from")).to.equal("2026-03-09T04:00:00.000Z");
    expect(read("TODAY", "to")).to.equal("2026-03-10T03:59:59.999Z");
    expect(read("yesterday", "from")).to.equal("2026-03-08T05:00:00.000Z");
    expect(read("yesterday", "to")).to.equal("2026-03-09T03:59:59.999Z");
    expect(read("yesterday 17:20", "from")).to.equal("2026-03-08T21:20:00.000Z");
  });

  it("leaves other texts to whoever reads them", () => {
    for (const text of ["", "17", "2026-01-31", "2026-01-31T12:00:00Z", "soon", "today17:20", "tomorrow"])
      expect(readLocalTime(text, "from", now), text).to.equal(undefined);
  });

  it("notices a time of day that does not exist", () => {
    for (const text of ["25:00", "24:00", "12:60", "12:00:60", "today 99:99"])
      expect(readLocalTime(text, "from", now)?.getTime(), text).to.be.NaN;
  });
});

describe("formatLocalTime", () => {
  for (const [zone, winter, summer] of [
    ["UTC", "2026-01-31T12:00:00Z", "2026-07-31T12:00:00Z"],
    ["America/St_Johns", "2026-01-31T08:30:00-03:30", "2026-07-31T09:30:00-02:30"],
    ["Asia/Kathmandu", "2026-01-31T17:45:00+05:45", "2026-07-31T17:45:00+05:45"],
  ] as const) {
    describe(`in ${zone}`, () => {
      useZone(zone);

      it("writes the time of day with its zone, as Date reads it back", () => {
        const times = [new Date("2026-01-31T12:00:00Z"), new Date("2026-07-31T12:00:00Z")];
        expect(times.map(formatLocalTime)).to.deep.equal([winter, summer]);
        expect([winter, summer].map((text) => new Date(text))).to.deep.equal(times);
        expect(formatTimeOfDay(new Date("2026-01-31T12:00:00.123Z"))).to.equal(
          winter.slice(11).replace(/(?<=^.{8})/, ".123"),
        );
      });
    });
  }
});
